def price(article):
    return {"tea": "4.20"}[article]
