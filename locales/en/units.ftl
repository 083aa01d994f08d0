# Units that goods are sold in (UN/ECE Recommendation 20)
unit-c62 = Piece
unit-bx = Box
unit-mtr = Metre (m)
unit-kgm = Kilogram (kg)
unit-grm = Gram (g)
unit-ltr = Litre (l)

# After a price
unit-per-bx = per box
unit-per-mtr = per m
unit-per-kgm = per kg
unit-per-grm = per g
unit-per-ltr = per l

# The product's form
unit-label = Sold by
unit-precision = Decimals of the unit
unit-precision-hint = 0 to 3, such as 2 for 2.50 m. Fixed once stocked or ordered.
unit-unknown = There is no such unit.
unit-precision-invalid = Give 0, 1, 2 or 3 decimals.
unit-precision-used = Quantities of it stand in orders, in stock, in carts, lists, quotes or price lists, and would mean something else. Add another variant instead.

# Typed quantities
quantity-measure-invalid = Please give a quantity such as 2.50, with no more decimals than it is sold with, and up to 999 units.
quick-order-measure = Give a quantity from { $least } to { $most }, with a point before the decimals.

# Files
price-row-unit = The unit is { $value }, and these goods are sold by { $unit }
import-row-measure = not a quantity such as 2.50 with the decimals of the unit
import-row-unit = none of C62, BX, MTR, KGM, GRM, LTR
import-row-precision = not 0, 1, 2 or 3
admin-field-unit = Sold by
admin-field-decimals-of-the-unit = Decimals of the unit
