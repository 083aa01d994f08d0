# 未能完成的原因
refund-changed = 订单在您查看后有变动。请核对新金额后再次确认。
refund-nothing-left = 该订单已没有可退的款项。
refund-paid-elsewhere = 该订单在导入之前已在其他商店付款，请在那里退款。
refund-more-than-left = 超出了该笔付款的剩余金额。请重新载入订单查看现状。
refund-shipping-too-much = 超出了可退的运费。
refund-nothing-chosen = 请至少选择一件商品或填写要退的运费。
refund-more-than-paid = 超出了已付且尚未退还的金额。
order-line-twice = 每一行只能列出一次。
order-units-up-to = 请输入 0 到 { $most } 之间的数字。
capture-nothing-left = 该笔付款已没有可扣的金额。请重新载入订单查看现状。
capture-amount = 请输入大于零且不超过已授权的金额。
payment-not-by-hand = 只有银行转账和现金可以手工入账；支付服务商会自行上报付款。
payment-booked = 该笔付款已经入账。
release-nothing-left = 该笔付款已没有被冻结的金额。请重新载入订单查看现状。
