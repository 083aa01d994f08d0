admin-group-of-selling = Selling
admin-group-of-goods = Goods
admin-group-of-shop = Shop
admin-group-of-people = People
admin-group-of-machine = System
admin-find = Search everything
admin-find-what = Order number, name, mail address, SKU or product
admin-find-go = Search
admin-find-nothing = Nothing was found for “{ $q }”.
admin-find-customers = Customers
admin-find-all-orders = All orders that were found
admin-find-all-products = All products that were found
admin-home-sold = Sold
admin-home-work = Open work
admin-home-today = { $count ->
    [one] today, in { $count } order
   *[other] today, in { $count } orders
}
admin-home-month = { $count ->
    [one] in 30 days, in { $count } order
   *[other] in 30 days, in { $count } orders
}
admin-home-average = on average per order
admin-home-conversion = of the carts of 30 days became orders ({ $placed } placed, { $open } open)
admin-carts = Carts
admin-carts-hint = Carts with goods that shoppers touched in these days: those that stayed one, and those that became an order.
admin-carts-open = Open
admin-carts-placed = Became an order
admin-carts-touched = Last touched
admin-carts-order = Order
admin-carts-none = There are no such carts in these days.
admin-home-days = The last 30 days
admin-home-chart = Orders that stand, with delivery and tax, by day. The best day brought { $most }.
admin-home-as-table = As a table
admin-home-revenue = Revenue
admin-home-gift-cards = Gift cards count when they pay for goods, not when they are sold.
admin-home-best = What sold best
admin-home-best-none = Nothing was sold in these days.
admin-home-units = { $count ->
    [one] { $count } unit
   *[other] { $count } units
}
admin-home-returns-requested = returns to answer
admin-home-returns-received = returns to inspect
admin-home-returns-inspected = returns to settle
admin-home-low = run low
