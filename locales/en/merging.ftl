# Two customers who are one person
admin-may-customers-merge = Join two customers who are one person, and undo it
admin-did-customer-merge = Customers joined
admin-did-customer-unmerge = Joining of customers undone
admin-customer-number = customer { $id }
admin-merge = Join with another customer
admin-merge-title = Join { $name } with another customer
admin-merge-who = Who is the same person?
admin-merge-search = Beginning of a mail address or name, number of a customer or an order
admin-merge-what = Customer { $merged } becomes customer { $survivor }. Everything below moves in one step and can be undone.
admin-merge-part = What
admin-merge-gone = Customer { $id }, goes
admin-merge-stays = Customer { $id }, stays
admin-merge-after = Both as one
admin-merge-anew = worked out when both are one
admin-merge-other-way = The other way round
admin-merge-another = Choose somebody else
admin-merge-reason = Why they are one person
admin-merge-reason-hint = Kept as evidence, with your name and the time.
admin-merge-confirm = Join both now
admin-merged = Both are one customer now.
admin-merged-here = Customer { $id } was joined with this one.
admin-merge-both-proven = Both have an account with a proven address. Nothing but your decision joins such two: be sure that they are one person.
admin-merge-how-login = Each account keeps its own password. Whoever reads the mail of either address can sign in and sees everything of both.
admin-merge-how-consent = A “no” of either counts for both. What they said stays in the record.
admin-merge-how-offers = Where both were given the same offer, that of the customer who stays counts; nobody loses an offer because the other is in a control group.
admin-merge-how-carts = Open carts stay apart; the one changed last is shown where neither lies in the browser.
admin-merge-how-stays = The account, the earlier stages and the earlier comings and goings in segments of the customer who goes are not moved. An address that both have is kept once.
admin-merge-how-back = Scores, segments and everything else that follows from orders is worked out for both together at once.
admin-merges = Joined with
admin-merge-of = Customer { $id }: { $name }
admin-merge-undone = undone on { $date }
merge-of-name = Name
merge-of-emails = Mail addresses
merge-of-phone = Telephone
merge-of-birthday = Birthday
merge-of-since = Known since
merge-of-tags = Tags
merge-of-note = Note
merge-of-login = Account
merge-of-orders = Orders
merge-of-brought = Brought so far
merge-of-credit = Store credit
merge-of-addresses = Addresses
merge-of-wishes = Wishes
merge-of-carts = Open carts
merge-of-consents = What they allowed
merge-of-offers = Offers
merge-of-tasks = Tasks
merge-of-timeline = Entries of the timeline
merge-of-browsers = Browsers
merge-of-segments = Segments
merge-rows-orders = { $count ->
    [one] one order, with payments, refunds and documents
   *[other] { $count } orders, with payments, refunds and documents
}
merge-rows-carts = { $count ->
    [one] one cart
   *[other] { $count } carts
}
merge-rows-store_credit_entries = { $count ->
    [one] one entry of store credit
   *[other] { $count } entries of store credit
}
merge-rows-wish_list_items = { $count ->
    [one] one wish
   *[other] { $count } wishes
}
merge-rows-addresses = { $count ->
    [one] one address
   *[other] { $count } addresses
}
merge-rows-offer_decisions = { $count ->
    [one] one offer
   *[other] { $count } offers
}
merge-rows-customer_tasks = { $count ->
    [one] one task
   *[other] { $count } tasks
}
merge-rows-activities = { $count ->
    [one] one entry of the timeline, with what was seen since on the same browsers
   *[other] { $count } entries of the timeline, with what was seen since on the same browsers
}
merge-rows-consents = { $count ->
    [one] one statement about consent
   *[other] { $count } statements about consent
}
merge-rows-trails = { $count ->
    [one] one browser
   *[other] { $count } browsers
}
merge-rows-identity_edges = { $count ->
    [one] the evidence of one browser
   *[other] the evidence of { $count } browsers
}
admin-unmerge = Undo
admin-unmerge-title = Part from { $name } again
admin-unmerge-when = Joined on { $date } by { $by }:
admin-unmerge-goes = Goes back to { $name }
admin-unmerge-since = Orders placed since under { $email }, and the mails sent there:
admin-unmerge-login = Their account, and whoever is signed in with it
admin-unmerge-profile = Name, telephone, birthday, tags and note of both are as they were before, except for what was changed since
admin-unmerge-stays = Stays with { $name }
admin-unmerge-rest = Everything else that came since they were joined: other orders, addresses, consent, notes and the timeline
admin-unmerge-no = A “no” that was said since counts for both
admin-unmerge-credit = Store credit spent since is charged to whoever's order it paid; when one of the two would be left with less than nothing, it cannot be undone before that is settled
admin-unmerge-reason = Why they are two people
admin-unmerge-confirm = Part both now
admin-unmerged = They are two customers again.
admin-activity-merged = Joined with customer
admin-activity-parted = Parted from customer
merge-hinders-self = That is the same customer.
merge-hinders-erased = One of them was erased. Nobody is joined with somebody who asked to be forgotten.
merge-hinders-merged = One of them was joined with another customer already. Open that customer instead.
merge-reason-missing = Say why.
merge-stale = Something about one of them changed since you looked. It is shown as it is now; look again before you confirm.
merge-undo-undone = This was undone already.
merge-undo-erased = The customer was erased since. There is nothing left to part.
merge-undo-later-first = The customer was joined with yet another one later. Undo that first.
merge-undo-credit = { $name } would be left with { $amount } less than nothing of store credit. Grant that much first, then undo.
merge-rows-deliveries = { $count ->
    [one] one mail of a campaign
   *[other] { $count } mails of campaigns
}
merge-rows-mail_frequencies = { $count ->
    [one] one choice of how often to be written to
   *[other] { $count } choices of how often to be written to
}
