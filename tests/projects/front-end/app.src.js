console.log("hello WORLD");
