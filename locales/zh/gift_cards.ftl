# 出售的礼品卡，以及余额查询页
gift-cards-title = 礼品卡余额
gift-cards-text = 输入礼品卡卡号，查询卡内余额。
gift-cards-link = 查询礼品卡余额
gift-cards-submit = 查询余额
gift-cards-balance = 卡内余额：
gift-cards-expires = 有效期至 { $date }。
gift-cards-no-expiry = 长期有效。
tax-gift-card = 订单付清后，卡号将以邮件寄给您。税款在使用时计收。
gift-card-withdrawn = 这张礼品卡已退款，无法再使用。
gift-card-buys-none = 礼品卡不能用来购买礼品卡。
order-gift-cards = 礼品卡
order-gift-cards-text = 卡号已寄往 { $email }。凭卡号即可使用。
order-gift-cards-wait = 卡号正在寄往 { $email }。
order-gift-card-withdrawn = 已退款
order-gift-card-used = 此订单售出的礼品卡已被使用，无法取消整个订单。
history-gift_cards_issued = 已发放礼品卡，共 { $amount }

mail-gift-cards-sold-subject = 订单 { $number } 的礼品卡
mail-gift-cards-sold-title = 您购买的礼品卡
mail-gift-cards-sold-text = 感谢您的订单 { $number }。以下是 { $count } 张礼品卡的卡号：
mail-gift-cards-sold-how = 如要赠送，请把卡号转告对方。选择付款方式时输入卡号即可，未用完的金额会保留在卡上。请妥善保存本邮件：凭卡号即可使用卡内金额。

refund-gift-card-used = 其中未使用的礼品卡没有这么多，已使用过的礼品卡不能退款。
order-edit-gift-card = 此订单已用礼品卡付款，礼品卡不能用来购买礼品卡。
admin-order-gift-cards = 售出的礼品卡
admin-product-gift-card = 这是礼品卡
admin-product-gift-card-hint = 每售出一件即发放一张与售价等额的礼品卡，订单付清后卡号以邮件寄给买家。礼品卡不计税、不需配送、不计库存，也不参加促销。
admin-gift-card-sold = 售出订单
admin-gift-card-state-withdrawn = 已退款
admin-gift-card-entry-withdrawn = 未使用退款
admin-history-gift_cards_issued = 已发放礼品卡
