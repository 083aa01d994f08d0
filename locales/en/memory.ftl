admin-group-of-memory = Customers
admin-menu-customers = Customers
admin-menu-forecasts = Groups and forecasts
admin-group-customers = Customers
admin-may-customers-view = See customers
admin-may-customers-edit = Tag customers and write notes
admin-did-customer-note = Tags or note changed
admin-customers = Customers
admin-customer = Customer
admin-customers-none = No customer like that.
admin-customers-search = Beginning of a mail address or name
admin-customers-order = First
admin-customers-by-newest = Newest
admin-customers-by-value = Most value so far
admin-customers-by-last_order = Last order
admin-customers-by-forecast = Most expected in a year
admin-customer-group = Group
admin-customer-stage = Stage
admin-customer-last = Last order
admin-customer-value = Value so far
admin-customer-year = Expected in a year
admin-customer-year-tile = expected in the next 365 days
admin-customer-brought = { $count ->
    [one] from one order
   *[other] from { $count } orders
}
admin-customer-average = an order on average
admin-customer-since = known since { $date }
admin-customer-registered = has an account
admin-customer-guest = no account
admin-customer-all-orders = All orders of this mail address
admin-customer-score = Standing and forecast
admin-customer-quintiles = Fifth among all customers, 5 is best: recency { $recency }, frequency { $frequency }, value { $value }.
admin-customer-made-of = { $repeats ->
    [one] Came back once within { $span ->
        [one] a day
       *[other] { $span } days
    } of the first order.
   *[other] Came back on { $repeats } days within { $span ->
        [one] a day
       *[other] { $span } days
    } of the first order.
}
admin-customer-made-of-one = Ordered on one day so far.
admin-customer-silence = { $silence ->
    [0] The last order is of today.
    [one] Silent for a day.
   *[other] Silent for { $silence } days.
}
admin-customer-stages = Stages so far
admin-customer-notes = Tags and note
admin-customer-tags = Tags
admin-customer-tags-hint = With commas between them.
admin-customer-note-of = Note
admin-customer-stale = Somebody changed tags or note meanwhile. Yours are kept below; save again to replace theirs.
admin-customer-cart = In the cart now
admin-customer-consents = What they allowed
admin-customer-consents-none = They said nothing about being written to. That is no yes.
admin-consent-given = Allowed
admin-consent-withdrawn = Withdrawn
admin-customer-addresses = Addresses
admin-customer-companies = Orders for companies
admin-customer-company-orders = { $count ->
    [one] One order, { $date }
   *[other] { $count } orders, the last { $date }
}
admin-scores-none = Groups and forecasts are figured at night. There was none yet.
admin-group-is-champions = Champions
admin-group-is-champions-means = Ordered lately and often.
admin-group-is-loyal = Loyal
admin-group-is-loyal-means = Order often, and not too long ago.
admin-group-is-cannot_lose = Must not lose
admin-group-is-cannot_lose-means = Ordered most often, and have not for long.
admin-group-is-at_risk = At risk
admin-group-is-at_risk-means = Ordered often, and have not for long.
admin-group-is-hibernating = Hibernating
admin-group-is-hibernating-means = Ordered seldom and long ago.
admin-group-is-potential_loyalist = Could become loyal
admin-group-is-potential_loyalist-means = Ordered lately and more than once.
admin-group-is-new = New
admin-group-is-new-means = Ordered lately, and seldom so far.
admin-group-is-needs_attention = Needs attention
admin-group-is-needs_attention-means = In the middle: neither lately nor long ago, not often.
admin-stage-new = New
admin-stage-new-means = One visit, not long ago.
admin-stage-regular = Regular
admin-stage-regular-means = Came back and is not overdue.
admin-stage-slipping = Slipping
admin-stage-slipping-means = Silent for more than twice their own pace.
admin-stage-lapsed = Lapsed
admin-stage-lapsed-means = Silent for more than four times their own pace.
admin-forecasts = Groups and forecasts
admin-forecast-run = Figured { $date } for { $count ->
    [one] one customer
   *[other] { $count } customers
} who ordered. Each order since moved its own customer at once.
admin-forecast-groups = Groups
admin-forecast-stages = Stages
admin-forecast-share = Share
admin-forecast-in = In
admin-forecast-days = { $days } days
admin-forecast-again = Chance to order
admin-forecast-visits = Days with an order
admin-forecast-visit = They are expected to spend { $amount } at a time.
admin-forecast-too-little = Too few customers came back so far to say what they will do.
admin-forecast-tried = Tried on this shop's own last { $days } days: { $expected } days with an order expected, { $visits } came.
admin-forecast-test = How well it would have done
admin-forecast-test-text = The last { $days } days were hidden from the forecast, and it was asked for them. { $customers } customers were known before.
admin-forecast-expected = Expected
admin-forecast-came = Came
admin-forecast-who-came = Customers who ordered
admin-forecast-best = Of the { $best } with the best chances { $came } ordered.
admin-forecast-no-drop-out = Nothing in these orders tells who gave up: the forecast counts on everybody to go on at their pace. It misses trends and seasons.
admin-forecast-alive = Somebody who ordered once can always come back, so a customer's chance to order is told, and not whether they are lost.

# What orders leave
admin-customers-by-margin = Contribution margin
admin-margin = Contribution margin
admin-margin-goods = Goods, without tax and delivery
admin-margin-back = Given back
admin-margin-cost = What they cost the shop
admin-margin-left = Left
admin-margin-unsure = { $count ->
    [one] Of one line nobody said what it cost: the margin is too high by it.
   *[other] Of { $count } lines nobody said what they cost: the margin is too high by them.
}
admin-margin-at-most = at most
admin-margin-how = Fees of payment and the cost of delivery are not taken off. Goods that never left or came back into stock cost nothing.
admin-service-cost = Service
admin-service-cost-all = Given from tickets
admin-service-cost-credit = of it credit
admin-service-cost-left = Left after service
admin-service-cost-how = Refunds and goods that were sent again are taken off the margin already; credit given from tickets is taken off here. A coupon costs what it takes off an order.
admin-earning-gain = Above nothing
admin-earning-loss = Below nothing
admin-earning-unsure = Cost of some goods unknown

# What a customer prefers
admin-habits = What they prefer
admin-habit-category = Category
admin-habit-channel = Way to order
admin-habit-hours = Time of day
admin-habit-between = { $from }:00 to { $until }:00
admin-habit-units = { $count } of { $of } units bought
admin-habit-orders = { $count } of { $of } orders
admin-habit-none-units = no favourite among { $count } units
admin-habit-none-orders = no favourite among { $count } orders
admin-habit-too-little-units = too little to tell: { $count ->
    [one] one unit
   *[other] { $count } units
}
admin-habit-too-little-orders = too little to tell: { $count ->
    [one] one order
   *[other] { $count } orders
}
admin-channel-web = the shop's pages
admin-channel-api = an app or another program
admin-channel-staff = by staff, over the telephone or at the counter
