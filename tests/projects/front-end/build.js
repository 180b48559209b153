const fs = require("fs");
fs.mkdirSync("dist", { recursive: true });
fs.writeFileSync("dist/app.js", fs.readFileSync("app.src.js", "utf8").replace("WORLD", "shop"));
