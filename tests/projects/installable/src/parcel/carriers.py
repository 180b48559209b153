class Post:
    name = 'Post'
