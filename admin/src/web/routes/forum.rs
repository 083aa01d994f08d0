//! The addresses of the forum among staff.

use crate::permissions::Permission::{ForumManage, ForumRead, ForumWrite};
use crate::web::access::{Route, get, post};
use crate::web::{forum, forum_acts, forum_categories};

pub fn all() -> Vec<Route> {
    vec![
        get("/forum", ForumRead, forum::list),
        get("/forum/new", ForumWrite, forum_acts::new),
        post("/forum/new", ForumWrite, forum_acts::create),
        get("/forum/categories", ForumManage, forum_categories::show),
        post("/forum/categories", ForumManage, forum_categories::add),
        post("/forum/categories/{category}", ForumManage, forum_categories::change),
        post("/forum/categories/{category}/remove", ForumManage, forum_categories::remove),
        get("/forum/{topic}", ForumRead, forum::show),
        post("/forum/{topic}/presence", ForumRead, forum::presence),
        post("/forum/{topic}/read", ForumRead, forum::read),
        post("/forum/{topic}/reply", ForumWrite, forum_acts::reply),
        get("/forum/{topic}/posts/{post}", ForumRead, forum::post),
        post("/forum/{topic}/posts/{post}", ForumWrite, forum_acts::edit),
        post("/forum/{topic}/answer", ForumWrite, forum_acts::answer),
        post("/forum/{topic}/state", ForumWrite, forum_acts::state),
        post("/forum/{topic}/pin", ForumManage, forum_acts::pin),
        post("/forum/{topic}/links", ForumWrite, forum_acts::link),
        post("/forum/{topic}/unlink", ForumWrite, forum_acts::unlink),
    ]
}
