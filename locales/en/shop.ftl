# The frame
skip-to-content = Skip to content
nav-home = Home
nav-account = Account
nav-announcement = Announcement
nav-breadcrumb = You are here
nav-categories = Categories
nav-footer = More
nav-all-of = All: { $name }
nav-pages = Pages
nav-tools = Language, account and cart
footer-line = Good things, chosen and sent with care.
footer-shop = Shop
footer-help = Help
footer-language = Language
footer-currency = Prices in { $currency }
tone-success = Done:
tone-info = Note:
tone-warning = Please note:
tone-error = Error:

# Home and lists
home-description = Good things, chosen and sent with care.
home-categories = Shop by category
shelf-more = See all
badge-pre-order = Pre-order
badge-sale = Reduced
category-children = Subcategories
listing-count = { $count ->
    [one] { $count } product
   *[other] { $count } products
}
listing-products = { $count ->
    [one] { $count } product
   *[other] { $count } products
}
listing-at-least = More than { $count } products
listing-sort = Sort by
listing-sort-apply = Sort
listing-chosen = Chosen filters
listing-remove = Remove filter
listing-clear = Clear all filters
listing-filter = Filter
listing-price = Price
listing-price-min = From
listing-price-max = To
listing-apply = Show products
listing-results = Products
listing-unfiltered = Filters and sorting do not work at the moment. These are the products of this category.
listing-price-unreadable = Please write an amount such as 20 or 19.90.
listing-empty = Nothing matches all of these filters.
listing-first = Back to the first page
listing-next = Next page
sort-relevance = Best match
sort-featured = Featured
sort-newest = Newest
sort-price-up = Price, low to high
sort-price-down = Price, high to low
facet-category = Category
facet-brand = Brand
facet-availability = Availability
facet-available = In stock

# Search
search-label = Search the shop
search-placeholder = Search products…
search-submit = Search
search-suggestions = Suggestions
search-suggestions-count = Suggestions available
search-title = Results for “{ $query }”
search-all = All products
search-corrected = Showing results for “{ $query }”.
search-empty = We found nothing for “{ $query }”.
search-help-spelling = Check the spelling, or try another word for it.
search-help-fewer = Use fewer or more general words.
search-help-browse = Browse the categories above.
search-browse = Browse the shop
search-unavailable = Searching does not work at the moment. Please browse the categories, or try again in a few minutes.

# Product
price-now = Now
price-before = Before
price-from = from
price-free = Free
tax-included = Incl. VAT
tax-excluded = Excl. tax
stock-in-stock = In stock
stock-few = Only { $left } left
stock-back-order = On back-order.
stock-pre-order = Pre-order.
stock-sold-out = Sold out
product-gallery = Pictures
product-pictures = { $count ->
    [one] One picture
   *[other] { $count } pictures, scroll sideways
}
product-picture = Show picture { $number }
product-no-such = This choice is not made.
product-show-choice = Show price of this choice
product-shipping = plus shipping
product-sku = Article
product-add = Add to cart
product-description = Description
product-details = Details
product-recent = Recently viewed
product-beside = Goes well with it
quantity-label = Quantity
quantity-less = One less
quantity-more = One more

# Cart
cart-title = Cart
cart-count = { $count ->
    [one] { $count } item in the cart
   *[other] { $count } items in the cart
}
cart-lines = Items
cart-quantity-of = Quantity of { $title }
cart-update = Update
cart-remove = Remove
cart-summary = Summary
cart-checkout = Go to checkout
cart-secure = Secure payment.
cart-empty = Your cart is empty.
cart-continue = Continue shopping
cart-added = Added to your cart.
cart-updated = Your cart was updated.
cart-removed = Removed from your cart.
cart-consent-title = Help with your cart
cart-consent-asked = Our staff ask to change your cart, for your request { $number }. Do you allow it for one hour? You see every change and can undo it, and take your yes back at any moment.
cart-consent-given = Our staff may change your cart until { $date }, for your request { $number }.
cart-consent-yes = Yes, for one hour
cart-consent-no = No
cart-consent-withdraw = Do not allow it any more
cart-consent-did-give = Thank you. Our staff may change your cart for one hour.
cart-consent-did-refuse = Nobody changes your cart but you.
cart-consent-did-withdraw = Our staff may not change your cart any more.
cart-consent-over = This question was answered already, or is too old.
cart-changes = Changed by our staff on your request
cart-change-units = { $title }: { $after } instead of { $before }
cart-change-code = Code { $code } was added
cart-change-code-gone = Code { $code } was taken off
cart-change-undo = Undo
cart-change-undone = The change was undone.
cart-change-overtaken = This was changed again since, and cannot be undone any more. Set the number of units yourself.
cart-change-gone = This is not sold any more, and cannot be put back.
cart-merged = The items you chose before signing in were added to your cart.
line-quantity = { $quantity }
line-total = Total
coupon-title = Have a coupon?
coupon-code = Coupon code
coupon-apply = Apply
coupon-used = Coupon { $code }
estimate-title = Estimate shipping and tax
estimate-submit = Estimate
estimate-none = We do not ship there yet.
totals-subtotal = Subtotal
totals-shipping = Shipping
totals-discount = Discount
totals-total = Total
totals-estimated = Estimated total

# Checkout
checkout-title = Checkout
checkout-back = Back to cart
checkout-progress = Steps of the checkout
checkout-step-contact = Address
checkout-step-shipping = Shipping
checkout-step-payment = Payment
checkout-step-review = Review
checkout-step-done = done, go back
checkout-summary = Your order
checkout-edit-cart = Edit cart
checkout-change = Change
checkout-contact = Contact
checkout-have-account = Already have an account?
checkout-email-hint = We send the confirmation and tracking there.
checkout-marketing = Write to me now and then about new products and offers. I can stop this at any time.
checkout-ship-to = Shipping address
checkout-bill-to = Billing address
checkout-saved = Your addresses
checkout-saved-other = Another address
checkout-same = Same as the shipping address
checkout-other-bill = Bill to a different address
checkout-note = Note about your order
checkout-to-shipping = Continue to shipping
checkout-to-payment = Continue to payment
checkout-to-review = Review your order
checkout-shipping-method = How should we send it?
checkout-payment-method = How would you like to pay?
checkout-review = Is everything right?
checkout-terms = By placing the order you agree to our
checkout-terms-link = terms and conditions
checkout-place = Place order
checkout-place-and-pay = Place order and pay
checkout-redirects = You pay on the secure page of our payment provider and then come back here.
checkout-changed = Something in your order changed. Please look at it again before you place it.

# Orders
order-thanks = Thank you
order-thanks-text = Your order { $number } is placed. We have sent a confirmation to { $email }.
order-title = Order { $number }
order-placed = Placed on { $date }
order-statuses = Status:
order-number = Order
order-date = Date
order-status = Status
order-items = { $count ->
    [one] { $count } item
   *[other] { $count } items
}
order-lines = Items
order-shipments = Shipments
order-shipped = Sent on { $date }
order-track = Tracking number { $number }
order-refunds = Refunds
order-history = History
order-transfer = Bank transfer
order-transfer-text = Please transfer the total with this reference. We send your order when the money has arrived.
order-pay = Pay now
order-pay-text = This order is not paid yet.
order-cancel = Cancel this order
order-cancel-text = We stop the order and send back what you have paid. This cannot be undone.
order-cancel-confirm = Yes, cancel the order
order-reorder = Order again
order-status-pending = Waiting for payment
order-status-confirmed = Confirmed
order-status-completed = Completed
order-status-cancelled = Cancelled
payment-status-pending = Not paid
payment-status-authorised = Payment authorised
payment-status-partially_paid = Partly paid
payment-status-paid = Paid
payment-status-partially_refunded = Partly refunded
payment-status-refunded = Refunded
payment-status-voided = Payment released
fulfilment-status-unfulfilled = Being prepared
fulfilment-status-partial = Partly sent
fulfilment-status-fulfilled = Sent
fulfilment-status-cancelled = Not sent
refund-status-requested = On its way
refund-status-settled = Refunded
refund-status-failed = Refund failed

# Forms
form-errors = { $count ->
    [one] One thing needs your attention
   *[other] { $count } things need your attention
}
form-optional = (optional)
form-save = Save
form-cancel = Cancel
form-saved = Saved.
field-name = Name
field-email = E-mail address
field-password = Password
field-password-hint = At least 8 characters. A few words in a row are easy to remember.
field-current-password = Current password
field-new-password = New password
address-name = Full name
address-company = Company
address-line1 = Street and number
address-line2 = Apartment, floor
address-postcode = Postcode
address-city = City
address-region = Region or state
address-country = Country
address-country-choose = Choose a country
address-phone = Phone
address-phone-hint = Only for questions about the delivery.
address-new = Add an address
address-edit = Edit address
address-default = Use as my default address
address-is-default = Default

# Account
account-overview = Overview
account-orders = Orders
account-addresses = Addresses
account-profile = Profile
account-sign-in = Sign in
account-sign-out = Sign out
account-register = Create an account
account-register-text = See your orders, keep your addresses, order again with one click.
account-new = New here?
account-hello = Hello, { $name }
account-recent-orders = Recent orders
account-all-orders = All orders
account-no-orders = You have not ordered yet.
account-default-address = Default address
account-no-addresses = No address saved yet.
account-unverified = Please confirm { $email } by the link we sent there.
account-forgot-link = Forgot your password?
account-forgot = Forgot your password?
account-forgot-text = Tell us your e-mail address and we send you a link to choose a new one.
account-forgot-submit = Send me a link
account-forgot-sent = If there is an account with this address, a link is on its way. It works for two hours.
account-reset = Choose a new password
account-reset-submit = Save new password
account-link-expired = This link was used already or is too old. Ask for a new one.
account-verify = Confirm your e-mail address
account-verify-sent = We have sent you a mail. Open the link in it to confirm your address.
account-verify-ask = Press the button to confirm that this address is yours.
account-verify-done = Thank you, your address is confirmed.
account-verify-expired = This link was used already or is too old.
account-verify-submit = Confirm address
account-verify-again = Send the mail again
orders-next = Older orders
profile-language = Language of pages and mails
profile-password = Password
profile-password-text = Leave both empty to keep your password.

# Errors
error-title-404 = This page does not exist
error-text-404 = The address may be mistyped, or what was here is gone.
error-title-409 = This is not possible right now
error-text-409 = Please go back, look at the page again and repeat what you wanted to do.
error-title-422 = We did not understand that
error-text-422 = Please go back and check what you entered.
error-title-429 = That was a lot at once
error-text-429 = Please wait a moment and try again.
error-title-500 = Something broke on our side
error-text-500 = We have been told and will look at it. Nothing was charged by this page.
error-title-503 = We are busy right now
error-text-503 = Nothing was changed. Please try again in a moment.
error-retry = Try again in { $seconds ->
    [one] { $seconds } second
   *[other] { $seconds } seconds
}.
error-reference = If you write to us, please quote { $reference }.
error-home = To the shop
error-search = Browse all products

stock-expected = Expected on { $day }.
waiting-title = Tell me when it is back
waiting-text = We write to you once, when it is in stock again, and use the address for nothing else.
waiting-submit = Tell me
waiting-asked = We will write to you when it is back.
waiting-there = It is in stock: you can order it now.
line-gift = Gift: { $name }
