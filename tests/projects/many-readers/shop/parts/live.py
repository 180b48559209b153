CDN = os.environ.get("SHOP_CDN")
