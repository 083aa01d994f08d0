use super::Total;

#[test]
fn an_average_has_one_decimal_place() {
    let average = |reviews: i64, stars: i64| Total { reviews, stars }.average();
    assert_eq!(average(0, 0), None);
    assert_eq!(average(1, 5).as_deref(), Some("5.0"));
    assert_eq!(average(3, 14).as_deref(), Some("4.7"));
    assert_eq!(average(4, 17).as_deref(), Some("4.3"));
    assert_eq!(average(3, 13).as_deref(), Some("4.3"));
}
