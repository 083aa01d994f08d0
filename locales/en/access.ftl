# Signing in
admin-menu-staff = Staff
admin-menu-audit = Audit log
admin-sign-in-over = That took too long or went wrong too often. Sign in with your password again.
admin-sign-in-code = Second step
admin-sign-in-again = Begin again
admin-code-label = Code
admin-code-or-spare = The six digits your app shows now, or one of your recovery codes.
admin-code-wrong = This code is not right, or was used already. Wait for the next one.
error-title-403 = You may not do this
error-text-403 = Your role does not allow it. Nothing was changed. Somebody who manages staff can give you another role.
admin-home-nothing = Your role does not allow anything yet. Ask somebody who manages staff.

# One's own account
admin-account = Your account
admin-sessions = Signed in on
admin-col-device = Device
admin-col-devices = Signed-in devices
admin-col-started = Since
admin-col-seen = Last seen
admin-device = { $browser } on { $system }
admin-device-unknown = Unknown device
admin-session-this = This one
admin-session-end = Sign out
admin-session-ended = That device is signed out.
admin-sessions-end-others = Sign out everywhere else
admin-sessions-ended = All other devices are signed out.
admin-password-change = Password
admin-password-current = Current password
admin-password-new = New password
admin-password-hint = At least 8 characters.
admin-password-ends = Your other devices are signed out.
admin-password-changed = Your password is changed. Your other devices are signed out.

# The second factor
admin-factor = Second factor
admin-factor-why = With a second factor, signing in asks for your password and for six digits that an app on your phone shows. Somebody who only learns your password stays outside. Any authenticator app will do.
admin-factor-is-on = It is on: signing in asks for a code of your app.
admin-factor-is-off = It is off: your password alone opens the back office.
admin-factor-manage = Recovery codes and more
admin-factor-set-up = Set it up
admin-factor-demanded = Your role asks for a second factor. Set it up to go on.
admin-factor-needed = Your role asks for a second factor; it cannot be turned off.
admin-factor-scan = Scan this with your authenticator app.
admin-factor-picture = QR code for your authenticator app; the same secret stands below as text
admin-factor-type = Or type this secret into the app:
admin-factor-confirm-text = Type the six digits the app shows now. Your other devices are signed out.
admin-factor-turn-on = Turn on
admin-factor-other-secret = Make another secret
admin-factor-on-already = The second factor is on already.
admin-factor-begin-again = Something changed meanwhile. Begin again.
admin-factor-turn-off = Turn off
admin-factor-turn-off-hint = After that, your password alone opens the back office.
admin-factor-off-done = The second factor is off.
admin-factor-take-off = Take second factor off
admin-factor-off-theirs = The second factor is taken off. Their password alone signs them in now.
admin-spares = Your recovery codes
admin-spares-made = The second factor is ready.
admin-spares-text = Keep these ten codes in a safe place: on paper or in a password manager. Each signs you in once when your app is not at hand. They are not shown again.
admin-spares-kept = I have kept them
admin-spares-left = { $count ->
    [one] One recovery code is left.
   *[other] { $count } recovery codes are left.
}
admin-spares-new = New recovery codes
admin-spares-new-hint = The ten codes you have now stop working.
admin-spares-make = Make new codes

# Staff
admin-staff = Staff
admin-staff-inactive = Shut out
admin-staff-known = Somebody with this address works here already, or did.
admin-staff-last-owner = The shop needs an owner: this is the last active one.
admin-staff-above = Their role allows more than yours, so you cannot change this account.
admin-staff-self = This is you. Your password, devices and second factor are on your own page; somebody else has to change your role.
admin-staff-give-role = Give this role
admin-staff-deactivate = Shut out
admin-staff-deactivate-hint = Shutting somebody out signs them out everywhere at once. Their name stays in the history.
admin-staff-reactivate = Let in again
admin-staff-out = Shut out, and signed out everywhere.
admin-staff-in = They can sign in again.
admin-staff-changes = Latest changes to this account
admin-staff-did = What this person did
admin-col-role = Role
admin-col-factor = Second factor
admin-col-since = Here since
admin-col-invited-by = Invited by
admin-col-works-until = Link works until
admin-col-people = People
admin-col-allows = Allows
admin-choose = Choose …
admin-yes = yes
admin-no = no
admin-on = On
admin-off = Off
admin-invite = Invite somebody
admin-invite-hint = They get a mail with a link to choose a name and a password. It works once, for seven days.
admin-invite-language = Language of the mail
admin-invite-send = Send invitation
admin-invitations = Invitations
admin-invitations-none = Nobody is invited at the moment.
admin-invitation-there = This address is invited already. Send that invitation again instead.
admin-invitation-sent = The invitation is on its way.
admin-invitation-revoke = Take back
admin-invitation-revoked = The invitation is taken back; its link does not work any more.
admin-invitation-gone = The invitation was answered or taken back meanwhile.
admin-invitation-expired = Ran out
admin-invitation = Welcome to the team
admin-invitation-text = You are about to join as { $role }. You will sign in with { $email }.
admin-invitation-name = Your name
admin-invitation-accept = Join
admin-invitation-done = Welcome! You are signed in.
admin-invitation-over = This link does not work any more: it was used, taken back, or is older than seven days. Ask whoever invited you for a new one.

# Roles
admin-roles = Roles
admin-roles-text = Who signs in sees and does only what their role allows. Roles that come with the shop stay as they are; copy one to change it.
admin-role = Role
admin-role-new = New role
admin-role-name = Name of the role
admin-role-name-taken = There is a role of this name already.
admin-role-fixed = This role comes with the shop and stays as it is.
admin-role-copy = Make a role of your own from it
admin-role-beyond = This goes beyond what your own role allows. Nobody can give what they do not have.
admin-role-in-use = Somebody has this role or is invited to it. Give them another one first.
admin-role-remove = Remove role
admin-role-people = { $count ->
    [one] One person has this role. Only a role nobody has can be removed.
   *[other] { $count } people have this role. Only a role nobody has can be removed.
}
admin-role-demands = Second factor
admin-role-demanded = needed
admin-role-demands-hint = Whoever has such a role and no second factor is led to set it up before anything else.
admin-role-owner = Owner
admin-role-manager = Manager
admin-role-fulfilment = Fulfilment
admin-role-marketer = Marketer
admin-role-agent = Customer service
admin-role-accountant = Accountant
admin-group-orders = Orders
admin-group-cases = Money cases
admin-group-products = Products
admin-group-stock = Stock
admin-group-promotions = Promotions
admin-group-shipping = Shipping
admin-group-taxes = Taxes
admin-group-mails = Mails
admin-group-settings = Settings
admin-group-jobs = Jobs
admin-group-api-keys = API keys
admin-group-staff = Staff
admin-group-audit = Audit log
admin-may-orders-view = See orders
admin-may-orders-note = Write notes
admin-may-orders-capture = Capture and record payments
admin-may-orders-place = Place orders for customers
admin-may-orders-ship = Ship
admin-may-orders-cancel = Cancel
admin-may-orders-refund = Refund
admin-may-cases-view = See money cases
admin-may-products-view = See products
admin-may-products-edit = Change products
admin-may-stock-view = See stock
admin-may-stock-adjust = Adjust stock
admin-may-promotions-view = See promotions
admin-may-promotions-edit = Change promotions
admin-may-shipping-view = See shipping rates
admin-may-shipping-edit = Change shipping rates
admin-may-taxes-view = See tax rates
admin-may-taxes-edit = Change tax rates
admin-may-mails-view = Read sent mails
admin-may-mails-resend = Send mails again
admin-may-settings-view = See settings
admin-may-settings-edit = Change settings
admin-may-jobs-view = See jobs
admin-may-jobs-manage = Run jobs again
admin-may-api-keys-manage = Make and revoke keys, manage webhooks
admin-may-staff-manage = Invite people, give and make roles
admin-may-audit-view = See who changed what

# The audit log
admin-audit = Audit log
admin-audit-none = No changes here.
admin-audit-action = Action
admin-audit-subject = Subject, such as order:R1001 or order
admin-audit-before = before:
admin-audit-after = after:
admin-audit-empty = (empty)
admin-audit-fields = { $count ->
    [one] One field changed
   *[other] { $count } fields changed
}
admin-did-order-note = Note written
admin-did-order-ship = Items shipped
admin-did-order-cancel = Order cancelled
admin-did-order-refund = Refund asked for
admin-did-payment-capture = Capture asked for
admin-did-payment-receipt = Payment recorded
admin-did-product-add = Product added
admin-did-product-edit = Product changed
admin-did-product-picture = Picture added
admin-did-stock-adjust = Stock adjusted
admin-did-order-invoice = Invoice issued
admin-did-order-mail = Mail of an order sent again
admin-did-order-draft = Order for a customer taken down
admin-did-order-place = Order placed for a customer
admin-did-promotion-save = Promotion saved
admin-did-promotion-switch = Promotion switched on or off
admin-did-promotion-duplicate = Promotion copied
admin-did-promotion-codes = Codes of a promotion made
admin-did-shipping-save = Shipping rate saved
admin-did-tax-set = Tax rate set
admin-did-tax-delete = Tax rate deleted
admin-did-mail-resend = Mail sent again
admin-did-job-retry = Job run again
admin-did-settings-save = Settings saved
admin-did-api-key-create = API key made
admin-did-api-key-revoke = API key revoked
admin-did-invitation-send = Invitation sent
admin-did-invitation-resend = Invitation sent again
admin-did-invitation-revoke = Invitation taken back
admin-did-staff-join = Joined
admin-did-staff-role = Role given
admin-did-staff-deactivate = Shut out
admin-did-staff-reactivate = Let in again
admin-did-staff-password = Password changed
admin-did-staff-sessions-end = Devices signed out
admin-did-staff-factor-on = Second factor turned on
admin-did-staff-factor-off = Second factor turned off
admin-did-staff-factor-codes = New recovery codes
admin-did-role-create = Role made
admin-did-role-save = Role changed
admin-did-role-remove = Role removed
admin-did-role-second-factor = Demand for a second factor changed

# The mail of an invitation
mail-invitation-subject = You are invited to work at { $shop }
mail-invitation-title = You are invited
mail-invitation-text = { $inviter } invites you to the back office of { $shop } as { $role }.
mail-invitation-link = Open this link to choose your name and password. It works once, for { $days ->
    [one] one day
   *[other] { $days } days
}.
mail-invitation-button = Accept the invitation
admin-did-stock-rules = Rules of stock changed
admin-did-stock-receive = Goods received
admin-did-stock-count = Goods counted
admin-did-stock-transfer = Goods moved
admin-did-location-add = Place added
admin-did-location-rename = Place renamed
admin-did-location-prefer = Place made the first
admin-did-location-close = Place closed
admin-did-location-reopen = Place opened again
