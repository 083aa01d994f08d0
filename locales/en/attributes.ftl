# Attributes of products that have a type.

admin-menu-attributes = Attributes
admin-attribute-list = Attributes
admin-attribute-about = Give an attribute a type, and the product form asks for it in the right way, shoppers filter by it, and every language shows it.
admin-attribute-none = No attribute has a type yet.
admin-attribute-new = New attribute
admin-attribute-kind = Type
attribute-kind-text = Text
attribute-kind-choice = Choice
attribute-kind-number = Number
attribute-kind-yes-no = Yes or no
attribute-kind-date = Date
admin-attribute-where = Where it is asked for
admin-attribute-where-hint = The form of a product in these categories, or below them, has a field for it. Tick none for every product.
admin-attribute-everywhere = Every product
admin-attribute-use = Use
admin-attribute-order = Order
admin-attribute-is-facet = Filter
admin-attribute-is-shown = Shown
admin-attribute-choice-count = { $count ->
    [one] 1 choice
   *[other] { $count } choices
}
admin-attribute-free = Free attributes
admin-attribute-free-hint = Products have these as free text. Choose one to give it a type: what that does to its values is shown first.
admin-attribute-times = { $count ->
    [one] 1 time
   *[other] { $count } times
}
admin-attribute-what = What it is
admin-attribute-name-hint = Files and products know it by this name. A new name is given to every product that has it.
admin-attribute-unit = Unit
admin-attribute-unit-hint = For numbers, such as ml or cm. A new unit does not convert the numbers.
admin-attribute-choices = Choices
admin-attribute-choices-hint = For the type Choice. They stand in this order in filters. Empty a name to take a choice away; a new name reaches every product that has it. A colour such as #aa8855 is shown as a dot.
admin-attribute-several = A product can have several
admin-attribute-place = Place
admin-attribute-swatch = Colour
admin-attribute-more-rows = More rows
admin-attribute-facet = Shoppers filter by it
admin-attribute-shown = The product page shows it
admin-attribute-code = Code
admin-attribute-code-hint = How programs call it. Left empty, it is made from the name.
admin-attribute-delete = Delete attribute
admin-attribute-delete-of = Delete { $name }?
admin-attribute-delete-about = { $count ->
    [0] No product has a value of it.
    [one] 1 product has a value of it. The type, the filter's order and the field in the product form are lost.
   *[other] { $count } products have a value of it. The type, the filter's order and the field in the product form are lost.
}
admin-attribute-delete-values = The values
admin-attribute-delete-keep = Keep them as free text
admin-attribute-delete-remove = { $count ->
    [one] Remove them from 1 product
   *[other] Remove them from { $count } products
}
admin-attribute-values = Values of products
admin-attribute-value = Value
admin-attribute-becomes = Becomes
admin-attribute-count = Products
admin-attribute-more = { $count ->
    [one] And 1 more value.
   *[other] And { $count } more values.
}
admin-attribute-misfits = Some products have values that do not fit.
admin-attribute-misfits-hint = They are shown as they were written and are in no range of a filter. Correct them on the products.
admin-attribute-takeover = What this changes
admin-attribute-takeover-about = Products have values of { $name } already. From now on it is:
admin-attribute-takeover-do = Save and change the values
admin-attribute-unfit = { $count ->
    [one] 1 value does not fit
   *[other] { $count } values do not fit
}
admin-attribute-unfit-hint = They stay as they are written until somebody corrects them on the product.
admin-attribute-changed = { $count ->
    [one] 1 value is written anew
   *[other] { $count } values are written anew
}
admin-attribute-fit = { $count ->
    [0] No value stays as it is.
    [one] 1 value fits as it is.
   *[other] { $count } values fit as they are.
}
admin-attributes-free = Free attributes
admin-attribute-odd = The stored value does not fit the type. It may stay, or be corrected here.
admin-did-attribute-save = Attribute saved
admin-did-attribute-order = Attributes put in order
admin-did-attribute-delete = Attribute deleted
attribute-stale = Somebody else changed this attribute since you opened it.
attribute-name-invalid = Give a name of 1 to 200 characters.
attribute-name-taken = Another attribute has this name.
attribute-code-taken = Another attribute has this code.
attribute-unit-invalid = A unit has at most 20 characters and no digits.
attribute-choices-number = Name at least one choice, and 200 at most.
attribute-choice-twice = This choice stands twice.
attribute-swatch-invalid = Write a colour such as #aa8855.
attribute-misfit-number = Write a number such as 350 or 0.5.
attribute-misfit-yes-no = Choose yes or no.
attribute-misfit-date = Write a date such as 2026-11-22.
attribute-misfit-choice = Choose one of the values.
attribute-misfit-long = Use at most 2,000 characters.
attribute-misfit-several = Only one value fits here.
attribute-yes = Yes
attribute-no = No
listing-range-min = From
listing-range-max = To
listing-range-unreadable = Write numbers such as 350 or 0.5.
admin-attribute-times-more = { $count } times or more
