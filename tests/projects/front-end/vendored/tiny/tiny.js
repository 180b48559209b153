console.log("tiny");
