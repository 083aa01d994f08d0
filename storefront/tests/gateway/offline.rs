use crate::{eur, payment};
use regulars_storefront::gateway::offline::{BankTransfer, CashOnDelivery};
use regulars_storefront::gateway::webhook::NoticeError;
use regulars_storefront::gateway::{Capture, GatewayError, Gateways, Record, RefundStanding};
use std::sync::Arc;

#[actix_web::test]
async fn bank_and_cash_leave_the_record_to_the_shop() {
    let gateways = Gateways::new(vec![Arc::new(BankTransfer), Arc::new(CashOnDelivery)]);
    assert!(gateways.find("stripe").is_none());
    let mut references = Vec::new();
    for name in ["bank_transfer", "cash_on_delivery"] {
        let gateway = gateways.find(name).unwrap();
        assert_eq!((gateway.name(), gateway.record(), gateway.signature_header()), (name, Record::Shop, None));
        let opened = gateway.open(payment("pay-1", eur(9_00), Capture::Manual)).await.unwrap();
        assert_eq!(opened.redirect, None);
        assert_eq!(gateway.capture(&opened.reference, eur(5_00), "c1").await, Ok(eur(5_00)));
        let refund = gateway.refund(&opened.reference, eur(2_00), "r1").await.unwrap();
        assert_eq!((refund.amount, &refund.standing), (eur(2_00), &RefundStanding::Succeeded));
        assert_eq!(gateway.refund(&opened.reference, eur(2_00), "r1").await, Ok(refund));
        assert_eq!(gateway.void(&opened.reference, "v1").await, Ok(()));
        assert!(matches!(gateway.state(&opened.reference).await, Err(GatewayError::Refused(_))));
        assert!(matches!(gateway.capture(&opened.reference, eur(0), "c2").await, Err(GatewayError::Refused(_))));
        assert_eq!(gateway.read_notice("", b"{}", 0), Err(NoticeError::Unexpected));
        references.push(opened.reference);
    }
    assert_ne!(references[0], references[1]);
}
