admin-menu-doctor = Books
admin-doctor = Do the books agree?
admin-doctor-about = Reads the whole database and checks that amounts, stock, uses and numbers agree with each other. A large shop takes minutes; selling goes on meanwhile.
admin-doctor-ask = Examine now
admin-doctor-asked = The examination has begun.
admin-doctor-runs = An examination is under way.
admin-doctor-never = Nobody has examined the books yet.
admin-doctor-clean = Everything agreed on { $date }.
admin-doctor-found = { $count ->
    [one] { $count } problem was found on { $date }. Nothing was changed; ask whoever runs the shop's server.
   *[other] { $count } problems were found on { $date }. Nothing was changed; ask whoever runs the shop's server.
}
admin-doctor-law = What must hold
admin-doctor-checked = Rows read
admin-doctor-problems = Problems
admin-doctor-before = Examinations
admin-doctor-agree = everything agreed
admin-doctor-some = { $count ->
    [one] { $count } problem
   *[other] { $count } problems
}
admin-doctor-open = under way
admin-did-doctor-ask = Examination of the books begun
