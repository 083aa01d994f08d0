# What is to be done about customers
admin-menu-tasks = Tasks
admin-group-tasks = Tasks
admin-may-tasks-edit = Set tasks about customers, change them and tick them off
admin-did-task-add = Task set
admin-did-task-edit = Task changed
admin-did-task-done = Task done
admin-did-task-undone = Task opened again
admin-tasks = Tasks
admin-task = Task
admin-task-of = Task about { $name }
admin-tasks-none = Nothing to do here.
admin-tasks-none-of = Nothing is to be done about this customer.
admin-tasks-mine = Mine
admin-tasks-open = Open
admin-tasks-done = Done
admin-tasks-open-some = Something to do
admin-task-add = Add a task
admin-task-set = Set the task
admin-task-title = What is to be done
admin-task-until = Until
admin-task-who = Who does it
admin-task-state = State
admin-task-anybody = Anybody
admin-task-note = Note
admin-task-change = Change
admin-task-done = Done
admin-task-undone = Open again
admin-task-overdue = overdue
admin-task-due = until { $day }
admin-task-done-at = done on { $date } by { $by }
admin-task-added = The task is set.
admin-task-is-done = The task is done.
admin-task-is-open = The task is open again.
admin-day-invalid = Enter a day, such as 2026-12-24.
admin-home-tasks = { $overdue ->
    [0] open tasks of yours
    [one] open tasks of yours, one of them overdue
   *[other] open tasks of yours, { $overdue } of them overdue
}
admin-activity-task_set = Task
admin-activity-task_done = Task done
task-stale = Somebody changed the task meanwhile. Yours is kept below; save again to replace theirs.
