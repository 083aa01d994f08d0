mail-hello = Hello,
mail-hello-name = Hello { $name },
mail-questions = Questions? Just write to
mail-view-order = View your order
mail-to-shop = To the shop
mail-ignore = If you did not ask for this, you need not do anything.
mail-confirmation-subject = Your order { $number } at { $shop }
mail-confirmation-title = Thank you for your order
mail-confirmation-text = We have received your order { $number } and are getting it ready. Here is what you ordered.
mail-payment-subject = We have received your payment for order { $number }
mail-payment-title = Your payment has arrived
mail-payment-text = Thank you. We have received { $amount } for your order { $number }.
mail-shipment-subject = Your order { $number } is on its way
mail-shipment-title = Your parcel is on its way
mail-shipment-text = We have sent these items of your order { $number }.
mail-cancelled-subject = Your order { $number } is cancelled
mail-cancelled-title = Your order is cancelled
mail-cancelled-text = Your order { $number } is cancelled and will not be sent.
mail-cancelled-refund = We send { $amount } back the way you paid. Depending on your bank this takes a few days.
mail-cancelled-credit = { $amount } of what your return was worth stays with you as store credit. You can use it right away.
mail-refund-subject = Refund for order { $number }
mail-refund-title = Your refund is on its way
mail-refund-text = We have sent { $amount } for your order { $number } back the way you paid. Depending on your bank it takes a few days to arrive.
mail-case-subject = We send back your payment of { $amount }
mail-case-title = We send back your payment
mail-case-text = We received { $amount } from you that belongs to no open order.
mail-case-text-order = We received { $amount } for your order { $number }, but the order could not be carried out any more.
mail-case-next = You need not do anything: the whole amount goes back the way it came. You are welcome to order again.
mail-verify-subject = Confirm your e-mail address for { $shop }
mail-verify-text = Please confirm that this address is yours. The link works for { $hours ->
    [one] one hour
   *[other] { $hours } hours
}.
mail-reset-subject = A new password for { $shop }
mail-reset-text = Open this link to choose a new password. It works once, for { $hours ->
    [one] one hour
   *[other] { $hours } hours
}.
mail-cancelled-unpaid = It was not paid in time.

mail-back-subject = { $title } is back
mail-back-heading = { $title } is back
mail-back-text = You asked us to tell you when this is in stock again. It is; those who order first get it.
mail-back-button = To the product
mail-back-once = This is the only mail about it.

mail-link-subject = Please pay your order { $number }
mail-link-title = Your order is ready to be paid
mail-link-text = We have taken down your order { $number } as you asked. Pay it by card on the page of the order, and we get it ready.
mail-link-until = We keep the goods for you until { $date }. If it is not paid by then, the order is cancelled by itself.
