# 关于客户的待办事项
admin-menu-tasks = 任务
admin-group-tasks = 任务
admin-may-tasks-edit = 新建、修改和完成客户任务
admin-did-task-add = 已新建任务
admin-did-task-edit = 已修改任务
admin-did-task-done = 任务已完成
admin-did-task-undone = 任务已重新打开
admin-tasks = 任务
admin-task = 任务
admin-task-of = 关于 { $name } 的任务
admin-tasks-none = 没有待办事项。
admin-tasks-none-of = 该客户没有待办事项。
admin-tasks-mine = 我的
admin-tasks-open = 未完成
admin-tasks-done = 已完成
admin-tasks-open-some = 有待办事项
admin-task-add = 添加任务
admin-task-set = 保存任务
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
admin-task-added = 任务已保存。
admin-task-is-done = 任务已完成。
admin-task-is-open = 任务已重新打开。
admin-day-invalid = 请输入日期，例如 2026-12-24。
admin-home-tasks = { $overdue ->
    [0] 项我的未完成任务
   *[other] 项我的未完成任务，其中 { $overdue } 项已逾期
}
admin-activity-task_set = 任务
admin-activity-task_done = 任务完成
task-stale = 有人同时修改了任务。您的内容保留在下面；再次保存将覆盖对方的修改。
