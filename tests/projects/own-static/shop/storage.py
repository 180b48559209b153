from whitenoise.storage import CompressedManifestStaticFilesStorage


class ShopStorage(CompressedManifestStaticFilesStorage):
    manifest_name = "shop-manifest.json"
