# Whether the shop may recognise a browser
privacy-title = Privacy choices
privacy-ask = May we remember what you look at here, so that we can show you what fits?
privacy-more = What that means
privacy-allow = Yes, remember
privacy-refuse = Only what is needed
privacy-allowed = Thank you. We remember what you look at from now on.
privacy-refused = We remember only what the shop needs to work.
privacy-choice-missing = Choose one of the two answers.
privacy-needed = The shop needs a few cookies to work: for your cart, for signing in and to protect forms. They say nothing about what you look at.
privacy-with-yes = If you say yes, we keep which products, categories and searches you look at, show you what you saw before, and make suggestions from it; and for a week whether an article answered what you were about to ask. When you sign in, order or open a link from one of our mails, this becomes part of your account.
privacy-never = Nothing of it goes to anybody else, and the shop works the same if you say no. You can change your answer here at any time.
privacy-is-allowed = Your answer for this browser: we may remember.
privacy-is-refused = Your answer for this browser: only what is needed.
privacy-is-open = You have not answered for this browser yet; until you do, only what is needed is kept.
