# 带类型的商品属性。

admin-menu-attributes = 属性
admin-attribute-list = 属性
admin-attribute-about = 为属性指定类型后，商品表单会用合适的方式填写，顾客可据此筛选，并以各种语言显示。
admin-attribute-none = 还没有带类型的属性。
admin-attribute-new = 新建属性
admin-attribute-kind = 类型
attribute-kind-text = 文本
attribute-kind-choice = 选项
attribute-kind-number = 数字
attribute-kind-yes-no = 是或否
attribute-kind-date = 日期
admin-attribute-where = 在哪里填写
admin-attribute-where-hint = 这些分类及其下级分类中的商品，表单里会有此字段。都不勾选则适用于所有商品。
admin-attribute-everywhere = 所有商品
admin-attribute-use = 用途
admin-attribute-order = 顺序
admin-attribute-is-facet = 筛选
admin-attribute-is-shown = 显示
admin-attribute-choice-count = { $count } 个选项
admin-attribute-free = 自由属性
admin-attribute-free-hint = 商品中以自由文本填写的属性。选择一个为它指定类型：会先显示对现有值的影响。
admin-attribute-times = { $count } 次
admin-attribute-what = 基本信息
admin-attribute-name-hint = 文件和商品通过此名称识别属性。改名会应用到所有拥有它的商品。
admin-attribute-unit = 单位
admin-attribute-unit-hint = 用于数字，例如 ml 或 cm。更换单位不会换算数字。
admin-attribute-choices = 选项
admin-attribute-choices-hint = 用于“选项”类型，筛选时按此顺序排列。清空名称即删除该选项；改名会应用到所有拥有它的商品。填写 #aa8855 这样的颜色会显示为圆点。
admin-attribute-several = 一件商品可有多个
admin-attribute-place = 位置
admin-attribute-swatch = 颜色
admin-attribute-more-rows = 更多行
admin-attribute-facet = 顾客可据此筛选
admin-attribute-shown = 在商品页显示
admin-attribute-code = 代码
admin-attribute-code-hint = 供程序使用。留空则由名称生成。
admin-attribute-delete = 删除属性
admin-attribute-delete-of = 删除“{ $name }”？
admin-attribute-delete-about = { $count ->
    [0] 没有商品填写此属性。
   *[other] 有 { $count } 件商品填写了此属性。它的类型、筛选顺序和商品表单中的字段都将丢失。
}
admin-attribute-delete-values = 现有的值
admin-attribute-delete-keep = 保留为自由文本
admin-attribute-delete-remove = 从 { $count } 件商品中移除
admin-attribute-values = 商品中的值
admin-attribute-value = 值
admin-attribute-becomes = 变为
admin-attribute-count = 商品数
admin-attribute-more = 另有 { $count } 个值。
admin-attribute-misfits = 有些商品的值不符合类型。
admin-attribute-misfits-hint = 它们按原文显示，不参与范围筛选。请在商品中更正。
admin-attribute-takeover = 此更改的影响
admin-attribute-takeover-about = 商品中已有“{ $name }”的值。从现在起它的类型是：
admin-attribute-takeover-do = 保存并更改这些值
admin-attribute-unfit = { $count } 个值不符合
admin-attribute-unfit-hint = 它们会保持原文，直到有人在商品中更正。
admin-attribute-changed = { $count } 个值将改写
admin-attribute-fit = { $count ->
    [0] 没有值保持不变。
   *[other] { $count } 个值保持不变。
}
admin-attributes-free = 自由属性
admin-attribute-odd = 已保存的值不符合类型。可以保留，也可以在此更正。
admin-did-attribute-save = 保存了属性
admin-did-attribute-order = 调整了属性顺序
admin-did-attribute-delete = 删除了属性
attribute-stale = 有人在此期间更改了该属性。请重新打开查看。
attribute-name-invalid = 请填写 1 至 200 个字符的名称。
attribute-name-taken = 已有同名属性。
attribute-code-taken = 已有属性使用此代码。
attribute-unit-invalid = 单位最多 20 个字符，且不含数字。
attribute-choices-number = 请至少填写一个选项，最多 200 个。
attribute-choice-twice = 此选项重复。
attribute-swatch-invalid = 请填写颜色，例如 #aa8855。
attribute-misfit-number = 请填写数字，例如 350 或 0.5。
attribute-misfit-yes-no = 请选择是或否。
attribute-misfit-date = 请填写日期，例如 2026-11-22。
attribute-misfit-choice = 请从选项中选择。
attribute-misfit-long = 最多 2,000 个字符。
attribute-misfit-several = 这里只能有一个值。
attribute-yes = 是
attribute-no = 否
listing-range-min = 最小
listing-range-max = 最大
listing-range-unreadable = 请填写数字，例如 350 或 0.5。
