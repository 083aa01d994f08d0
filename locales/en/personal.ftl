# What a person may see, choose and have erased
account-preferences = Privacy and mails
preferences-saved = Your choices are kept.
preferences-mails = Mails
preferences-news-hint = Mails about your orders come in any case.
preferences-site = In the shop
preferences-recommendations = Suggestions that fit me
preferences-recommendations-hint = Without this you see what everybody sees.
preferences-browsing = Remember what I look at
preferences-browsing-hint = Products, categories and searches, on browsers where you said yes. Switching it off here also answers for this browser.
preferences-data = What we know about you
preferences-data-text = Everything the shop keeps about you, to read and print, or as a file for other programs (JSON).
preferences-data-show = See everything
preferences-data-download = Download as a file
preferences-erase = Erase my account
preferences-erase-text = You see first what goes, what has to stay and why.
preferences-erase-show = See what would be erased
preferences-erase-password = Your password, so that nobody else does this
preferences-erase-confirm = Erase everything for good
preferences-erased = Your account is erased, and you are signed out. Goodbye!
erasure-not-now = Something about this customer is still under way: see below.
erasure-hindered = This cannot be done yet
erasure-hinders-unsent = Order { $number } has not been sent completely.
erasure-hinders-unpaid = Order { $number } has not been paid completely.
erasure-hinders-refund = Money for order { $number } is on its way back.
erasure-hinders-money = Money for order { $number } is on its way or in the wrong place.
erasure-hinders-return = Return { $number } is not closed.
erasure-goes = What goes
erasure-goes-login = The account: password and every sign-in
erasure-goes-addresses = { $count ->
    [one] 1 address of the address book
   *[other] { $count } addresses of the address book
}
erasure-goes-carts = { $count ->
    [one] 1 cart
   *[other] { $count } carts
}
erasure-goes-waiting = { $count ->
    [one] 1 request to be told when something is back
   *[other] { $count } requests to be told when something is back
}
erasure-goes-orders = { $count ->
    [one] Name, mail address, phone, street and notes in 1 order, with what was written about its returns
   *[other] Name, mail address, phone, street and notes in { $count } orders, with what was written about their returns
}
erasure-goes-timeline = { $count ->
    [one] 1 entry of the timeline
   *[other] { $count } entries of the timeline
}
erasure-goes-browsers = { $count ->
    [one] The connection with 1 browser
   *[other] The connection with { $count } browsers
}
erasure-goes-consents = { $count ->
    [one] 1 statement about what is allowed; in its place stands that this address is not written to because of an old yes, without the address itself
   *[other] { $count } statements about what is allowed; in their place stands that this address is not written to because of an old yes, without the address itself
}
erasure-goes-mails = { $count ->
    [one] Recipient and text of 1 mail
   *[other] Recipients and texts of { $count } mails
}
erasure-stays = What stays, and why
erasure-stays-documents = { $count ->
    [one] 1 invoice or credit note as it was issued: tax law demands that it is kept.
   *[other] { $count } invoices and credit notes as they were issued: tax law demands that they are kept.
}
erasure-stays-orders = { $count ->
    [one] 1 order with goods, amounts, payments and country, without a name: the books have to come out as before.
   *[other] { $count } orders with goods, amounts, payments and country, without a name: the books have to come out as before.
}
erasure-credit = Store credit of { $amount } can then be spent by nobody.
erasure-last = What the shop told other programs, such as the accounts, and still has to send them is deleted by itself within 30 days. Erasing cannot be undone.
mail-forgotten = Whoever this mail was for was erased.
admin-customer-erased = Erased customer
admin-customer-erased-at = Everything that told who this customer is was erased on { $date }. Their orders stay as numbers of the books.
admin-erase = Erase
admin-erase-title = Erase { $name }
admin-erase-confirm = Erase for good
admin-erase-done = The customer was erased.
admin-may-customers-erase = Erase customers for good
admin-did-customer-erase = Customer erased
admin-did-customer-export = Everything about a customer downloaded
admin-export-person = Everything about this customer
admin-export-download = Download as JSON
personal-title = Everything we know about { $name }
personal-made = As of { $date }
personal-profile = Profile
personal-name = Name
personal-email = Mail address
personal-phone = Phone
personal-language = Language
personal-elsewhere = Number in another system
personal-since = Known since
personal-tags = Tags given by the shop
personal-note = Note by the shop
personal-consents = What was allowed
personal-addresses = Addresses
personal-orders = Orders
personal-order-total = Total { $amount }
personal-order-to = To: { $lines }
personal-order-bill = Bill to: { $lines }
personal-order-note = Note: { $text }
personal-returns = Returns
personal-credit = Store credit
personal-card = Card ending in { $digits } over { $amount }
personal-carts = In the cart
personal-cart-help = Our staff and your cart
personal-cart-help-asked = we asked to change it
personal-cart-help-given = you allowed it
personal-cart-help-refused = you did not allow it
personal-cart-help-withdrawn = you allowed it and took that back
personal-cart-help-expired = the time was over
personal-waiting = Waiting for
personal-scores = What the shop makes of it
personal-score-orders = Orders that were not cancelled
personal-score-value = What they brought, less what was given back
personal-score-stage = How the last order compares with the usual pace
personal-score-fifths = Fifth among all customers, 5 is the highest, by last order, number of orders and value: { $recency }, { $frequency }, { $value }
personal-score-again = Chance of an order within 90 days, by statistics
personal-score-year = What is expected within a year, by statistics
personal-browsers = Known browsers
personal-sessions = Sign-ins that still hold
personal-mails = Mails
personal-timeline = What happened
personal-none = Nothing.
personal-tasks = What the shop has to do about you
personal-task-done = done on { $date }
personal-merged = Other customers whom the shop took for the same person
personal-merged-number = customer { $id }
personal-merged-undone = undone on { $date }
birthday = Birthday
birthday-month = Month
birthday-day = Day
birthday-invalid = Choose a month and type a day that it has, or leave both empty.
profile-birthday-hint = So that we can congratulate you, and for nothing else. We do not ask for the year. Whether we write to you is yours to decide below.
admin-customer-birthday-hint = As they told it. Journeys that begin on birthdays go by it; the year is nobody's business.
birthday-month-1 = January
birthday-month-2 = February
birthday-month-3 = March
birthday-month-4 = April
birthday-month-5 = May
birthday-month-6 = June
birthday-month-7 = July
birthday-month-8 = August
birthday-month-9 = September
birthday-month-10 = October
birthday-month-11 = November
birthday-month-12 = December
