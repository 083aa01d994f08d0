# Old addresses
admin-menu-redirects = Redirects
admin-redirects = Redirects
admin-redirects-hint = An address without a page leads on for good. Old addresses of products, categories and collections are kept by themselves; a page always wins over a redirect.
admin-redirects-search = Old path
admin-redirects-none = No redirects here.
admin-redirect-set = Set a redirect
admin-redirect-from = Old path
admin-redirect-from-hint = Such as /summer-sale, without the language
admin-redirect-to = Leads to
admin-redirect-to-hint = A path of this shop, such as /search?q=ice
admin-redirect-kept = kept by the shop
redirect-from-invalid = Give a path of this shop that begins with / and has no question mark.
redirect-to-invalid = Give a path of this shop that begins with /. Other sites are not led to.
redirect-loop = That would lead in a circle.
redirect-chain = Too many redirects would follow each other.

# When products are shown
admin-publish-from = Shown from
admin-publish-until = Shown until
admin-publish-hint = By the shop's clock ({ $zone }). Empty means without a limit.
admin-publish-hidden = Shoppers do not see this product now: it is outside of the time in which it is shown.
admin-product-hidden = Not shown now
publish-window-order = The end has to be after the beginning.

# What prices were
price-lowest = Lowest price in the 30 days before the reduction: { $price }
price-yours = Your company’s price
price-breaks = Price by quantity
price-break-from = From
price-break-price = Price each
price-minimum = Sold from { $minimum } on
price-minimum-steps = Sold from { $minimum } on, in steps of { $increment }
admin-price-log = Price changes
admin-price-old = Before
admin-price-new = After
admin-price-who = By
admin-price-by-edit = Bulk edit { $number }
admin-price-by-import = Import { $number }
admin-price-by-undo = Undone import { $number }

# Filters of the product list
admin-filter-category = Category
admin-filter-tag = Tag
admin-filter-stock = Stock
admin-filter-stock-in = Available
admin-filter-stock-out = Sold out
admin-filter-price-from = Price from
admin-filter-price-to = Price to
admin-saved-filters = Saved filters
admin-saved-filter-shared = shared
admin-saved-filter-share = For everybody
admin-saved-filter-keep = Save this filter
saved-filter-name = Give a name of 1 to 60 characters.
saved-filter-many = You have 50 saved filters already: delete one first.

# Changing many products
admin-table = Products as a table
admin-table-open = Edit as a table
admin-table-hint = Change what you like; nothing happens before you have seen what changes. The arrow keys up and down move through a column.
admin-table-variant = Variant
admin-table-preview = Show what changes
admin-table-meanwhile = Somebody else changed this product meanwhile. Stored now:
admin-rules = Change all that were found
admin-rules-open = Change all that were found
admin-rules-found = { $products } products with { $variants } variants are meant.
admin-rules-too-many = More than { $most } variants were found: narrow the filter.
admin-rules-none = Choose at least one change.
admin-rules-below-zero = { $count ->
    [one] One price is left alone because it would fall below zero.
   *[other] { $count } prices are left alone because they would fall below zero.
}
admin-rule-keep = Leave as it is
admin-rule-price = Price
admin-rule-price-percent = Raise or lower by per cent
admin-rule-price-add = Raise or lower by an amount
admin-rule-price-set = Set to
admin-rule-value = Per cent, or amount in { $currency }
admin-rule-value-hint = With a minus sign to lower it, such as -10
admin-rule-amount = Amount in { $currency }
admin-rounding = Round the price
admin-rounding-minor = To the smallest unit
admin-rounding-whole = To a whole amount
admin-rounding-just-below = To just below a whole amount (11.99)
admin-rule-compare-former = The price from before becomes the former price
admin-rule-compare-set = Set to
admin-rule-compare-clear = Take the former price away
admin-rule-add-tags = Add tags
admin-rule-remove-tags = Take tags away
admin-rule-said-set = Price { $price }
admin-rule-said-add = Price + { $price }
admin-rule-said-percent = Price { $percent } %
admin-rule-said-compare = Former price { $price }
admin-batches = Changes of many products
admin-batches-none = Nothing yet.
admin-batch-kind = Kind
admin-batch-edit = Bulk edit
admin-batch-import = Import
admin-batch-draft = Preview
admin-batch-running = Running
admin-batch-done = Done
admin-batch-undoing = Being undone
admin-batch-undone = Undone
admin-batch-progress = { $done } of { $total } products
admin-batch-confirm = { $count ->
    [one] Change one product
   *[other] Change { $count } products
}
admin-batch-discard = Discard
admin-batch-discarded = The preview is discarded.
admin-batch-all = Show every product
admin-batch-preview = What changes
admin-batch-everything = Every product
admin-batch-not-done = What was not changed
admin-outcome-created = Created
admin-outcome-changed = Changed
admin-outcome-unchanged = Unchanged
admin-outcome-skipped = Skipped
admin-outcome-refused = Refused
admin-outcome-undone = Undone
admin-outcome-kept = Kept
batch-nothing = Nothing changes.
batch-too-many = At most 10,000 variants can be changed at once: narrow the filter.
batch-begun = This was confirmed already.
batch-stale = Somebody else changed this product since the preview.
batch-gone = This product is gone.

# Files in and out
admin-export = Export as CSV
admin-import = Import products
admin-import-hint = A product export of Shopify or WooCommerce, unchanged. You see what would change before anything happens, and can undo it afterwards.
admin-import-file = CSV file
admin-import-file-hint = At most { $most } MiB and 50,000 products, in UTF-8
admin-import-compare = Compare with the shop
admin-import-to-do = Created or changed
admin-import-confirm = { $count ->
    [one] Import one product
   *[other] Import { $count } products
}
admin-import-refused = { $count ->
    [one] One product or row cannot be read and is left out. Mend the file to import it too.
   *[other] { $count } products or rows cannot be read and are left out. Mend the file to import them too.
}
admin-import-line = Line
import-new = A new product
import-empty = The file holds no products.
import-too-many = The file has more than 50,000 products: import it in parts.
import-too-large = The file is too large: import it in parts.
import-not-csv = The file is { $what }, not CSV. Export it as CSV in UTF-8.
import-encoding = The text is not UTF-8 (line { $line }). Save it as "CSV UTF-8".
import-separator = The columns are separated by { $what }, not by commas.
import-cell = Line { $line } has a cell of more than 1 MiB: probably a quote that is never closed.
import-column-twice = The header has the column "{ $column }" twice.
import-column-missing = The header lacks the column "{ $column }".
import-unknown = This is no product export of Shopify (with the column Handle) or WooCommerce (with ID, Type, SKU and Name).
upload-missing = Choose a file.
admin-undo = Undo this import
admin-undo-hint = What the file created is removed, or archived when somebody ordered, changed or moved it. What it changed gets its old values back, except for fields that somebody changed since.
admin-undo-confirm = { $count ->
    [one] Undo for one product
   *[other] Undo for { $count } products
}
admin-undo-what = What happens
undo-remove = Removed
undo-archive = Archived
undo-restore = Old values back
undo-partly = Old values back in part
undo-gone = Gone already
undo-kept = Changed since and left alone:
undo-archived = It is in use, so it was archived instead of removed.
batch-not-undone = Only a finished import can be undone, and only once.
product-used = This product is in use and cannot be removed.
admin-field-slug = Address
admin-field-status = Status
admin-field-shown-from = Shown from
admin-field-shown-until = Shown until
admin-field-title = Title
admin-field-description = Description
admin-field-brand = Brand
admin-field-type = Type
admin-field-tags = Tags
admin-field-options = Options
admin-field-seo-title = Title for search engines
admin-field-seo-description = Description for search engines
admin-field-translations = Translations
admin-field-categories = Categories
admin-field-attributes = Attributes
admin-field-pictures = Pictures
admin-field-sku = SKU
admin-field-barcode = Barcode
admin-field-price = Price
admin-field-compare-at-price = Former price
admin-field-cost = Cost
admin-field-stock-counted = Stock is counted
admin-field-back-orders = May be back-ordered
admin-field-on-hand = On hand
admin-field-weight = Weight
admin-field-needs-delivery = Needs delivery
admin-field-taxable = Taxable
admin-field-tax-class = Tax class
admin-field-picture = Picture
admin-field-sold = Sold

# Collections
admin-menu-categories = Categories
admin-category-tree = Categories
admin-category-tree-none = No categories yet.
admin-category-new = New category
admin-category-below = Add below
admin-category-below-this = Add below { $name }
admin-category-order = Order
admin-category-up = Move { $name } up
admin-category-down = Move { $name } down
admin-category-depth = Level { $level }
admin-category-place = Place and address
admin-category-parent = In
admin-category-top = the top of the shop
admin-category-parent-hint = Products, prices of promotions, collections by rule and the search follow.
admin-category-slug-hint = The end of /categories/…; left empty, the name gives it. The old address leads on.
admin-category-text = Text
admin-category-products = Products in it
admin-category-picture = Picture
admin-category-picture-none = No picture yet. Home page and lists show the category with its name alone.
admin-category-picture-change = Replace the picture
admin-category-picture-remove = Remove the picture
admin-category-delete = Delete this category
category-name = Give a name of 1 to 200 characters.
category-slug = Another category has this address.
category-parent = Choose a category that is there and not below this one.
category-stale = Somebody else changed this category since you opened it.
category-has-categories = There are categories below this one. Move or delete them first.
category-has-products = There are products in this category. Take them out first.
category-in-collection = A collection is filled by a rule that names this category. Change that rule first.
category-in-promotion = A promotion names this category. Take it out there first.
category-on-home-page = The home page shows this category or leads to it. Change the home page first.
admin-menu-collections = Collections
admin-collections = Collections
admin-collections-none = No collections yet.
admin-collection-new = New collection
admin-collection-filling = Products
admin-collection-filled-by = Filled
admin-collection-rule = by a rule
admin-collection-hand = by hand
admin-collection-by-rule = When it is filled by a rule
admin-collection-by-hand = When it is filled by hand
admin-collection-match = A product is taken in when it answers to
admin-collection-all = all conditions
admin-collection-any = any condition
admin-condition-hint = Price: two amounts with a dash, such as 10 – 20. Category: its address; what is below it counts too. Title: words that stand in it.
admin-condition-kind = Condition { $number }: kind
admin-condition-value = Condition { $number }: value
admin-condition-tag = Tag
admin-condition-brand = Brand
admin-condition-category = Category
admin-condition-price = Price
admin-condition-in-stock = Can be bought now
admin-condition-title = Title
admin-condition-category-unknown = There is no category with this address.
admin-condition-price-invalid = Give two amounts with a dash, such as 10 – 20; one of them may be left out.
admin-collection-products = Products in their order
admin-collection-products-hint = One address or SKU a line, 200 at most
admin-collection-try = See who would be in it
admin-collection-tried = Would be in it: { $count }
admin-collection-members = In it: { $count }
admin-collection-empty = No product yet.
admin-collection-slug-hint = The end of /collections/…; left empty, the name gives it.
admin-collection-text = Text
admin-collection-active = Shoppers see it
admin-collection-delete = Delete this collection
collection-name = Give a name of 1 to 200 characters.
collection-slug = Another collection has this address.
collection-text = The text is too long.
collection-conditions = Give 1 to 20 conditions.
collection-condition = A condition is empty or cannot be met.
collection-stale = Somebody else changed this collection since you opened it.
collection-too-many = A collection made by hand has 5,000 products at most.

# Variants and pictures of the product form
admin-matrix = Option matrix
admin-matrix-options = Options with their values
admin-matrix-hint = One option a line, such as Colour: Blue, Red. Every combination that has no row yet gets one, with the price and the settings of the first row. Nothing is stored before you save.
admin-matrix-make = Add missing combinations
admin-matrix-made = Rows added or completed: { $count }. Look at them below, then save.
admin-matrix-invalid = Write each option on a line of its own with a colon and its values, such as Colour: Blue, Red. A value has no slash.
admin-matrix-option-lacking = Name the values of the option { $name } too: the product has it.
admin-matrix-too-many = These are { $count } combinations; { $most } are the most at once.
admin-pictures-drag = Drag a picture by its handle to put it in its place, or type its number. Save to store the order.
admin-picture-drag = Drag to another place
