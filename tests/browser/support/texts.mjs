// What the journeys look for: the words on the pages and the facts of the demo shop. Wording changes are made here alone.

export const text = {
  add: /add to (cart|basket)/i,
  added: /added/i,
  checkout: /check ?out/i,
  continue: /^(continue|save and continue|next)/i,
  place: /place order/i,
  thanks: /thank you/i,
  emptyCart: /cart is empty/i,
  coupon: /coupon|discount code/i,
  applyCoupon: /apply/i,
  discount: /discount/i,
  search: /^search/i,
  noResults: /no (results|products)/i,
  bank: /bank transfer/i,
  card: /card/i,
  declined: /declined/i,
  retry: /try again|pay now|place order/i,
  register: /create (an )?account|register/i,
  verified: /verified|confirmed/i,
  signIn: /sign in/i,
  cancelOrder: /cancel order/i,
  confirm: /confirm|yes|cancel order/i,
  cancelled: /cancell?ed/i,
  chinese: /[\u4e00-\u9fff]/,
  addChinese: /加入购物车/,
  checkoutChinese: /结账|结算/,
  staff: {
    capture: /capture/i,
    captured: /captured|paid/i,
    ship: /ship/i,
    tracking: /tracking/i,
    shipped: /shipped/i,
    refund: /refund/i,
    refunded: /refunded/i,
    confirm: /confirm|refund|capture|ship/i,
  },
}

export const label = {
  email: /e-?mail/i,
  password: /^(new )?password/i,
  name: /^(full )?name/i,
  line1: /^(address|street)( line 1)?/i,
  city: /^(city|town)/i,
  postcode: /^post(al )?code|^zip/i,
  country: /^country/i,
  quantity: /quantity/i,
}

export const demo = {
  query: 'teapot',
  typo: 'teapto',
  coupon: 'WELCOME10',
}

/** The page on which the Stripe double asks for a card, and the test numbers of Stripe. */
export const double = {
  number: /card number/i,
  pay: /^pay/i,
  authenticate: /complete|authorize|authenticate/i,
  good: '4242424242424242',
  declined: '4000000000000002',
  secure: '4000000000003220',
}

export const someone = { name: 'Ann Taylor', line1: '12 Kiln Lane', city: 'Berlin', postcode: '10115', country: 'DE' }
