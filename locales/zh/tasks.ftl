# 关于顾客的待办事项
admin-menu-tasks = 待办
admin-group-tasks = 待办
admin-may-tasks-edit = 新建、修改和完成顾客待办
admin-did-task-add = 已新建待办
admin-did-task-edit = 已修改待办
admin-did-task-done = 待办已完成
admin-did-task-undone = 待办已重新打开
admin-tasks = 待办
admin-task = 待办
admin-task-of = 关于 { $name } 的待办
admin-tasks-none = 没有待办事项。
admin-tasks-none-of = 该顾客没有待办事项。
admin-tasks-mine = 我的
admin-tasks-open = 未完成
admin-tasks-done = 已完成
admin-tasks-open-some = 有待办事项
admin-task-add = 添加待办
admin-task-set = 保存待办
admin-task-title = 要做什么
admin-task-until = 截止日期
admin-task-who = 负责人
admin-task-state = 状态
admin-task-anybody = 任何人
admin-task-note = 备注
admin-task-change = 修改
admin-task-done = 完成
admin-task-undone = 重新打开
admin-task-overdue = 已逾期
admin-task-due = 截止 { $day }
admin-task-done-at = { $by } 于 { $date } 完成
admin-task-added = 待办已保存。
admin-task-is-done = 待办已完成。
admin-task-is-open = 待办已重新打开。
admin-day-invalid = 请输入日期，例如 2026-12-24。
admin-home-tasks = { $overdue ->
    [0] 项我的未完成待办
   *[other] 项我的未完成待办，其中 { $overdue } 项已逾期
}
admin-activity-task_set = 待办
admin-activity-task_done = 待办完成
task-stale = 有人同时修改了待办。您的内容保留在下面；再次保存将覆盖对方的修改。
