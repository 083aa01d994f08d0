// What the journeys look for: the words on the pages and the facts of the demo shop. Wording changes are made here alone.

export const text = {
  add: /^add to cart/i,
  added: /added to your cart/i,
  continue: /^(continue to|review your order)/i,
  place: /^place order/i,
  thanks: /^thank you$/i,
  couponOpen: /have a coupon/i,
  couponUnknown: /do not know this coupon/i,
  couponUsed: /the coupon is in use/i,
  applyCoupon: /^apply$/i,
  search: /^search/i,
  filter: /^show products$/i,
  bank: /^bank transfer/i,
  card: /^card/i,
  paidOrHeld: /^(paid|payment authorised)$/i,
  notPaid: /^not paid$/i,
  register: /^create an account$/i,
  verify: /^confirm address$/i,
  verified: /your address is confirmed/i,
  signIn: /^sign in$/i,
  signOut: /^sign out$/i,
  cancelOrder: /^cancel this order$/i,
  cancelConfirm: /^yes, cancel the order$/i,
  cancelled: /your order is cancelled/i,
  chinese: /[\u4e00-\u9fff]/,
  addChinese: /加入购物车/,
  addedChinese: /已加入购物车/,
  checkoutChinese: /结账|结算/,
  staff: {
    capture: /^capture payment$/i,
    captureNow: /^capture now$/i,
    captureAsked: /capture was sent/i,
    paid: /^paid$/i,
    ship: /^ship items$/i,
    shipNow: /^ship now$/i,
    tracking: /^tracking number/i,
    shipped: /shipped\. the customer is told/i,
    sent: /^sent$/i,
    refund: /^refund$/i,
    giveBack: /^give back/i,
    refundReview: /^show refund amounts$/i,
    refundConfirm: /^confirm refund$/i,
    refundAsked: /refund was sent/i,
    refunded: /^(partly )?refunded$/i,
    done: /^done$/i,
    newOrders: /new orders: 1/i,
    orderChanged: /this order changed/i,
    reload: /^reload$/i,
    note: /^internal note/i,
    addNote: /^add note$/i,
    paper: /^(invoice inv-|packing slip)/i,
  },
}

export const label = {
  email: /^e-mail/i,
  password: /^password/i,
  name: /^(full )?name/i,
  line1: /^street/i,
  city: /^city/i,
  postcode: /^postcode/i,
  country: /^country/i,
  quantity: /^quantity of/i,
  coupon: /^coupon code/i,
}

export const demo = {
  query: 'teapot',
  typo: 'teapto',
  coupon: 'WELCOME10',
}

/** The page of the Stripe double has a button for each of Stripe's test cards. */
export const double = {
  good: /^pay with 4242 4242 4242 4242$/i,
  declined: /\(declined\)$/i,
  secure: /\(3-D Secure\)$/i,
  wasDeclined: /your card was declined/i,
  authenticate: /^complete$/i,
}

export const someone = { name: 'Ann Taylor', line1: '12 Kiln Lane', city: 'Berlin', postcode: '10115', country: 'DE' }
