# The forum among staff.
admin-menu-forum = Forum
admin-group-forum = Forum
admin-may-forum-read = Read what colleagues write in the forum
admin-may-forum-write = Open topics in the forum, reply, and change one's own
admin-may-forum-manage = Keep the forum's categories, pin, close and open any topic
admin-forum = Forum
admin-forum-about = Staff only. Customers never see any of it.
admin-forum-new = New topic
admin-forum-categories = Categories
admin-forum-topic = Topic
admin-forum-category = Category
admin-forum-changed = Last change
admin-forum-unread = Not read
admin-forum-pinned = Pinned
admin-forum-solved = Answered
admin-forum-closed = Closed
admin-forum-forgotten = Taken away with the customer's data
admin-forum-unread-count = { $count ->
    [0] You have read all topics.
    [one] One topic has something that you have not read.
   *[other] { $count } topics have something that you have not read.
}
admin-forum-named-count = { $count ->
    [one] One of them names you.
   *[other] { $count } of them name you.
}
admin-forum-search = Words of title or posts
admin-forum-show-open = Open
admin-forum-show-closed = Closed
admin-forum-show-mine = In which I am named
admin-forum-none = There is nothing here.
admin-forum-no-category = Somebody who manages the forum has to add a category first.
admin-forum-title = Title
admin-forum-text = Text
admin-forum-text-hint = Write @ and the name of a colleague to name them.
admin-forum-links = What it is about
admin-forum-links-more = Add
admin-forum-links-hint = Numbers of tickets, orders or disputes, or a customer's mail address. When the customer is erased, the words of this topic go as well.
admin-forum-link-do = Add
admin-forum-unlink = Take away
admin-forum-open-do = Open the topic
admin-forum-opened = The topic is open.
admin-forum-earlier = Earlier posts
admin-forum-latest = Latest posts
admin-forum-more = There is more in this topic.
admin-forum-edited = changed { $date }
admin-forum-edit = Change
admin-forum-answer = Answer
admin-forum-answer-do = This is the answer
admin-forum-answer-not = This is not the answer
admin-forum-answered = The answer is marked.
admin-forum-unanswered = No post is marked as the answer.
admin-forum-read = Mark as read
admin-forum-reply = Reply
admin-forum-replied = Your reply is there.
admin-forum-close = Close the topic
admin-forum-open-again = Open it again
admin-forum-is-closed = The topic is closed.
admin-forum-is-open = The topic is open again.
admin-forum-pin = Pin it above the others
admin-forum-unpin = Do not pin it any more
admin-forum-to-topic = To the topic
admin-forum-post = Post
admin-forum-before = What it said before
admin-forum-category-name = Name
admin-forum-category-position = Position
admin-forum-category-new = New category
admin-forum-category-add = Add the category
admin-forum-category-remove = Remove
admin-home-forum = { $named ->
    [0] unread in the forum
   *[other] unread in the forum, you are named in { $named }
}
admin-did-forum-open = Topic opened
admin-did-forum-reply = Topic replied to
admin-did-forum-edit = Post changed
admin-did-forum-answer = Answer of a topic marked
admin-did-forum-state = Topic closed or opened
admin-did-forum-pin = Topic pinned or not
admin-did-forum-link = What a topic is about changed
admin-did-forum-category = Category of the forum changed
forum-stale = Somebody changed this meanwhile. Look at it again and repeat what you wanted.
forum-is-closed = This topic is closed. Open it again to write more.
forum-not-yours = Only its author may do that, or somebody who manages the forum.
forum-category-missing = Choose a category.
forum-category-known = There is a category of this name.
forum-categories-many = There are as many categories as there may be.
forum-category-used = There are topics in this category.
forum-link-unknown = Nothing here has this number or address.
forum-links-many = A topic cannot be about so many things.
