campaign-results-of = Results of { $name }
campaign-results-figure = Figure results now
campaign-results-asked = The results are being figured.
campaign-results-export = Export every mail
campaign-results-before = Results appear once the campaign has started.
campaign-results-mails = Mails
campaign-results-all = All
campaign-results-machines = Opened and clicked count people, each mail once. What scanners, previews and proxies did stands below it and decides nothing. Many mail programs hide whether a mail was read, so opens are fewer than readers.
campaign-results-by-machines = { $count ->
    [one] { $count } by a machine
   *[other] { $count } by machines
}
campaign-result-waiting = Waiting
campaign-result-sending = Being sent
campaign-result-accepted = Accepted by a mail server
campaign-result-refused = Refused
campaign-result-skipped = Not sent
campaign-result-unknown = Unknown
campaign-result-cancelled = Cancelled
campaign-result-control = Control group
campaign-result-bounced = Bounced
campaign-result-complained = Reported as spam
campaign-result-opened = Opened
campaign-result-clicked = Clicked
campaign-result-unsubscribed = Unsubscribed
campaign-result-orders = Orders
campaign-result-returned = Orders with money given back
campaign-result-revenue = Ordered for
campaign-result-refunded = Given back
campaign-result-net = Net
campaign-results-more = What it changed
campaign-results-more-about = Those whom chance chose for the campaign, whether the mail reached them or not, beside the control group: orders within { $days } days of its start, net of what was given back. This is what would not have been without it.
campaign-results-everybody = Everybody
campaign-results-by-variant = By version
campaign-results-by-segment = By segment
campaign-results-many = Each group is compared for itself: among many comparisons one of twenty looks like a difference by chance.
campaign-results-earned = Orders that followed
campaign-results-earned-last = { $days ->
    [one] An order belongs to the mail of which the person followed a link last, within a day before they ordered.
   *[other] An order belongs to the mail of which the person followed a link last, within { $days } days before they ordered.
}
campaign-results-earned-linear = { $days ->
    [one] An order belongs in equal parts to all mails of which the person followed a link within a day before they ordered.
   *[other] An order belongs in equal parts to all mails of which the person followed a link within { $days } days before they ordered.
}
campaign-results-earned-opens = Where no link was followed, mails count that were opened.
campaign-results-earned-about = Shares of an order sum to it. Some of these orders would have come anyway.
campaign-results-earned-none = No order followed from its mails so far.
campaign-results-links = Links
campaign-results-links-none = Nobody followed a link so far.
campaign-results-people = People
campaign-results-clicks = Clicks
campaign-results-products = Products
campaign-results-products-about = What those orders held, whole and before anything came back.
campaign-results-product = Product
campaign-results-units = Units
campaign-rows-none = There is nothing to show.
campaign-rows-order = Order
campaign-rows-reason = Reason
campaign-rows-sent = Sent
campaign-rows-when = When
campaign-rows-did = What was done
campaign-rows-link = Link
campaign-rows-machine = Machines
campaign-rows-machine-clicks = Clicked by machines
campaign-rows-machine-opens = Opened by machines
campaign-hit-open = Opened
campaign-hit-click = Clicked
campaign-hit-view = Viewed in a browser
campaign-attribution = Which mail an order followed from
campaign-attribution-about = When an order is confirmed, it is shared among mails of campaigns that the person did something with before. Saving other rules shares all orders anew.
campaign-attribution-deciding = Orders are being shared by the rules that were saved last.
campaign-attribution-model = An order belongs to
campaign-attribution-model-last = the mail that was followed last
campaign-attribution-model-linear = all mails that were followed, in equal parts
campaign-attribution-model-unknown = Choose whom an order belongs to.
campaign-attribution-window = Days before the order
campaign-attribution-window-hint = Between 1 and 90. Orders are compared with the control group for as many days from the start.
campaign-attribution-days = Between 1 and 90 days.
campaign-attribution-opens = Mails that were only opened count where no link was followed
campaign-attribution-opens-hint = Mail programs open mails by themselves; what is known to be a machine never counts.
admin-did-campaign-figure = Had the results of a campaign figured
admin-did-campaign-attribution = Decided which mail an order followed from
