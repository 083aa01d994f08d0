cart-title = 购物车
