PROFILER = os.environ.get("SHOP_PROFILER", "off")
