payment-method-account = Buy on account
payment-text-account = Your company pays by invoice within { $days } days. It can still buy for { $left }.
account-limit-exceeded = This order comes to { $missing } more than your company can still buy on account ({ $left }). Order less, choose another way to pay, or ask us for a higher limit.
account-not-offered = Your company cannot buy on account at the moment. Please choose another way to pay.
account-limit-order = The company's limit does not bear the change, or its account is stopped. Raise the limit, or choose another way to pay.
account-limit-invalid = Give an amount from 0 on.
account-days-invalid = Give a number of days from 0 to 365.
account-changed = The terms changed since this form was made. They stand above as they are now; confirm again if yours still fit.
account-currency-used = The currency stays, since orders were bought on this account.
account-currency-choose = Choose one of the shop's currencies.
account-state-choose = Choose whether the account is open.
account-amount = Give an amount above zero.
account-day-ahead = Give a day that is not ahead.
account-more-than-open = Only { $open } is open of these orders. Book what is owed, and send the rest back.
account-order-unknown = Nothing is open of an order { $number } on this account.
account-reverse-reason = Say why the payment is taken back.
account-reverse-cards = This order's gift cards were issued, so the payment stays.
account-reverse-refunded = Some of this payment went back already, or it was taken back before. Nothing was changed.
order-on-account = { $method }, to be paid by { $day }
account-credited = Taken off what your company owes
account-entry-charge = Bought on account
account-entry-release = Cancelled or changed
account-entry-payment = Payment
account-entry-reversal = Payment taken back
account-entry-credit = Credit for goods that came back
dunning-days-invalid = Give a number of days from 1 to 365.
dunning-days-grow = A later reminder comes after more days than the one before.

account-statement = What your company owes
statement-owed = Open
statement-overdue = Overdue
statement-limit = Limit
statement-left = Can still be bought on account
statement-days = Invoices are to be paid within { $days } days.
statement-open = Open orders
statement-due = To be paid by
statement-is-open = Open
statement-late = { $days ->
    [one] { $days } day late
   *[other] { $days } days late
}
statement-settled = Paid or credited:
statement-nothing = Nothing is open.
statement-next = Later orders
statement-file = Statement as a file
statement-from = From
statement-to = To
statement-csv = Download CSV
statement-day = Give the first and the last day of the period.
statement-above = Your orders are on the account of the company above yours.
statement-none = Your company does not buy on account. Ask us if you would like to.

history-payment_reversed = Payment of { $amount } taken back
document-due-on = Please pay by { $day }.

mail-reminder-title = Open invoices
mail-reminder-subject-1 = A friendly reminder of open invoices
mail-reminder-subject-2 = Second reminder of open invoices
mail-reminder-subject-3 = Last reminder of open invoices
mail-reminder-company = To { $company }
mail-reminder-text-1 = These invoices are past their day. It may have slipped your attention: please pay them soon.
mail-reminder-text-2 = We have not received these payments yet, though they are past their day. Please pay them within a week.
mail-reminder-text-3 = In spite of our reminders these invoices are still open. Please pay them at once, or write to us if something stands in the way.
mail-reminder-due = { $days ->
    [one] was due on { $date }, { $days } day ago
   *[other] was due on { $date }, { $days } days ago
}
mail-reminder-total = Total
mail-reminder-paid = If you paid in the last days, please take no notice of this mail.

admin-menu-receivables = Owed by companies
admin-group-receivables = Accounts of companies
admin-may-receivables-view = See what companies owe
admin-may-receivables-manage = Set limits, book payments, remind
admin-provider-account = On account
admin-receipt-text-account = The company has paid this order in full:
admin-history-payment_reversed = Payment taken back
admin-history-reminded = Reminded of the open invoice
admin-history-reminders_paused = Reminders paused
admin-history-reminders_resumed = Reminders go on
admin-did-account-terms = Account of a company changed
admin-did-account-payment = Payment of a company booked
admin-did-account-reverse = Payment of a company taken back
admin-did-account-pause = Reminders paused or resumed
admin-did-account-reminders = Reminders changed
admin-account-title = Account
admin-account-none = This company does not buy on account yet. Agree on terms to open an account.
admin-account-owed = Owed
admin-account-overdue = Overdue
admin-account-limit = Credit limit
admin-account-limit-hint = What the company owes and an order together never pass it. Companies below it without an account of their own buy on this one.
admin-account-left = Left
admin-account-days = Days to pay
admin-account-state = State
admin-account-state-open = Open
admin-account-state-stopped = Stopped: nothing more on account
admin-account-currency = Currency
admin-account-ledger = All bookings
admin-account-open = Open orders
admin-account-invoice = Invoice
admin-account-due = Due
admin-account-is-open = Open
admin-account-late = { $days ->
    [one] { $days } day late
   *[other] { $days } days late
}
admin-account-reminded = Reminder { $level }
admin-account-paused = Not reminded
admin-account-pause = Pause reminders
admin-account-resume = Remind again
admin-account-settled = Settled:
admin-account-nothing-open = Nothing is open.
admin-account-statement = Statement
admin-account-from = From
admin-account-to = To
admin-account-csv = Download CSV
admin-account-book = Book a payment
admin-account-book-text = The orders that are due first are paid first. A payment may settle a part of an order.
admin-account-booked = The payment is booked.
admin-account-booked-on = Came on
admin-account-reference = Reference on the bank statement
admin-account-orders = Only these orders
admin-account-orders-hint = Numbers with blanks between.
admin-account-note = Note
admin-account-terms = Terms
admin-account-reverse = Take back
admin-account-reverse-do = Take the payment back
admin-account-reversed = The payment was taken back. The company owes it again.
admin-account-company = Company
admin-receivables = Owed by companies
admin-receivables-text = What is past its day, the longest first.
admin-receivables-none = Nothing is overdue.
admin-receivables-export = For the accountant
admin-receivables-export-text = Bookings of all accounts, or all invoices and credit notes, of a period of days.
admin-receivables-bookings = Bookings as CSV
admin-receivables-documents = Documents as CSV
admin-reminders = Reminders
admin-reminders-text = A company gets one mail with all that is overdue, once for each reminder that an order reaches. Orders with an open complaint are left out.
admin-reminder-level = Reminder { $level }
admin-reminder-days = Days after the due date
admin-reminder-active = Send this reminder
admin-reminder-words = Own words ({ $language })
admin-reminder-words-hint = Empty sends the words that come with the shop.

mail-invoice-subject = Invoice { $invoice } for order { $number }
mail-invoice-title = Your invoice
mail-invoice-text = Order { $number } was bought on account. Invoice { $invoice } over { $amount } is to be paid by { $date }; you find it with the order.
