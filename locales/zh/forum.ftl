# 员工论坛。
admin-menu-forum = 论坛
admin-group-forum = 论坛
admin-may-forum-read = 阅读同事在论坛中写的内容
admin-may-forum-write = 在论坛发表主题、回复并修改自己的内容
admin-may-forum-manage = 管理论坛分类，置顶、关闭和重开任何主题
admin-forum = 论坛
admin-forum-about = 仅限员工，顾客永远看不到。
admin-forum-new = 新主题
admin-forum-categories = 分类
admin-forum-topic = 主题
admin-forum-category = 分类
admin-forum-changed = 最近更新
admin-forum-unread = 未读
admin-forum-pinned = 置顶
admin-forum-solved = 已解答
admin-forum-closed = 已关闭
admin-forum-forgotten = 已随顾客数据一并清除
admin-forum-unread-count = { $count ->
    [0] 所有主题均已阅读。
   *[other] 有 { $count } 个主题含未读内容。
}
admin-forum-named-count = { $count ->
   *[other] 其中 { $count } 个提到了您。
}
admin-forum-search = 标题或内容中的词
admin-forum-show-open = 开放
admin-forum-show-closed = 已关闭
admin-forum-show-mine = 提到我的
admin-forum-none = 这里还没有内容。
admin-forum-no-category = 请先由论坛管理者添加分类。
admin-forum-title = 标题
admin-forum-text = 内容
admin-forum-text-hint = 输入 @ 和同事的姓名即可提到对方。
admin-forum-links = 相关内容
admin-forum-links-more = 添加
admin-forum-links-hint = 填写工单、订单或争议的编号，或顾客的邮箱。顾客数据被清除时，此主题的文字也会一并清除。
admin-forum-link-do = 添加
admin-forum-unlink = 移除
admin-forum-open-do = 发表主题
admin-forum-opened = 主题已发表。
admin-forum-earlier = 更早的内容
admin-forum-latest = 最新的内容
admin-forum-more = 此主题有新内容。
admin-forum-edited = 修改于 { $date }
admin-forum-edit = 修改
admin-forum-answer = 答案
admin-forum-answer-do = 标为答案
admin-forum-answer-not = 取消答案标记
admin-forum-answered = 答案已标记。
admin-forum-unanswered = 已没有标记为答案的内容。
admin-forum-read = 标为已读
admin-forum-reply = 回复
admin-forum-replied = 回复已发表。
admin-forum-close = 关闭主题
admin-forum-open-again = 重新开放
admin-forum-is-closed = 主题已关闭。
admin-forum-is-open = 主题已重新开放。
admin-forum-pin = 置顶
admin-forum-unpin = 取消置顶
admin-forum-to-topic = 返回主题
admin-forum-post = 帖子
admin-forum-before = 修改前的内容
admin-forum-category-name = 名称
admin-forum-category-position = 位置
admin-forum-category-new = 新分类
admin-forum-category-add = 添加分类
admin-forum-category-remove = 删除
admin-home-forum = { $named ->
    [0] 个论坛主题未读
   *[other] 个论坛主题未读，其中 { $named } 个提到了您
}
admin-did-forum-open = 发表主题
admin-did-forum-reply = 回复主题
admin-did-forum-edit = 修改帖子
admin-did-forum-answer = 标记主题答案
admin-did-forum-state = 关闭或重开主题
admin-did-forum-pin = 置顶或取消置顶主题
admin-did-forum-link = 更改主题相关内容
admin-did-forum-category = 更改论坛分类
forum-stale = 其间有人作了更改。请重新查看后再操作。
forum-is-closed = 此主题已关闭。如需继续，请重新开放。
forum-not-yours = 只有作者或论坛管理者可以这样做。
forum-category-missing = 请选择分类。
forum-category-known = 已有同名分类。
forum-categories-many = 分类数量已达上限。
forum-category-used = 此分类中还有主题。
forum-link-unknown = 没有与此编号或邮箱对应的内容。
forum-links-many = 一个主题不能关联这么多内容。
