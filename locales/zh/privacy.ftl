# 商店能否识别浏览器
privacy-title = 隐私选择
privacy-ask = 我们可以记住您在本店浏览的内容，以便向您推荐合适的商品吗？
privacy-more = 具体含义
privacy-allow = 可以记住
privacy-refuse = 仅限必需
privacy-allowed = 谢谢。从现在起我们会记住您浏览的内容。
privacy-refused = 我们只保留商店运行所必需的内容。
privacy-choice-missing = 请选择其中一个答案。
privacy-needed = 商店运行需要少量 Cookie：用于购物车、登录和保护表单。它们不记录您浏览了什么。
privacy-with-yes = 如果您同意，我们会保存您查看的商品、分类和搜索，向您展示之前看过的商品，并据此推荐；还会在一周内记录文章是否解答了您将要提出的问题。当您登录、下单或打开我们邮件中的链接时，这些内容会成为您账户的一部分。
privacy-never = 这些内容不会提供给任何其他人；如果您拒绝，商店照常使用。您可以随时在此更改选择。
privacy-is-allowed = 您对此浏览器的选择：可以记住。
privacy-is-refused = 您对此浏览器的选择：仅限必需。
privacy-is-open = 您尚未对此浏览器作出选择；在此之前只保留必需的内容。
