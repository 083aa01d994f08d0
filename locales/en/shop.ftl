cart-title = Cart
