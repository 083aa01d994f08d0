# 商品的计量单位（UN/ECE 第 20 号建议书）
unit-c62 = 件
unit-bx = 箱
unit-mtr = 米（m）
unit-kgm = 千克（kg）
unit-grm = 克（g）
unit-ltr = 升（l）

# 价格之后
unit-per-bx = 每箱
unit-per-mtr = 每米
unit-per-kgm = 每千克
unit-per-grm = 每克
unit-per-ltr = 每升

# 商品表单
unit-label = 计量单位
unit-precision = 单位的小数位数
unit-precision-hint = 0 到 3，例如 2 表示可订 2.50 米。入库或下单后不能再改。
unit-unknown = 没有这种单位。
unit-precision-invalid = 小数位数请填 0、1、2 或 3。
unit-precision-used = 订单、库存、购物车、清单、报价或价格表中已有它的数量，更改后含义会不同。请另建一个规格。

# 输入的数量
quantity-measure-invalid = 请填写 2.50 这样的数量，小数位数不超过该商品的规定，且不超过 999 个单位。
quick-order-measure = 请输入 { $least } 到 { $most } 之间的数量，小数点用“.”。

# 文件
price-row-unit = 单位写的是 { $value }，而该商品按 { $unit } 出售
import-row-measure = 不是符合单位小数位数的数量，例如 2.50
import-row-unit = 不是 C62、BX、MTR、KGM、GRM、LTR 之一
import-row-precision = 不是 0、1、2 或 3
admin-field-unit = 计量单位
admin-field-decimals-of-the-unit = 单位的小数位数
