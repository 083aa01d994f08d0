account-wish-list = Wish list
wish-list-add = Put on wish list
wish-list-remove = Take off wish list
wish-list-added = It is on your wish list now.
wish-list-removed = It is off your wish list.
wish-list-full = Your wish list is full. Take something off first.
wish-list-sign-in = Sign in, and we keep it on your wish list.
wish-list-wanted = Put this on your wish list?
wish-list-gone = No longer sold here
wish-list-since = On the list since
wish-list-none = Nothing is on your wish list yet. Press the heart on a product’s page.
wish-list-look = Look around the shop
admin-activity-wish_listed = Put on the wish list
segment-event-wish_listed = put something on the wish list
erasure-goes-wish-list = { $count ->
    [one] { $count } product on the wish list
   *[other] { $count } products on the wish list
}
