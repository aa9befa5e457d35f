// Sets the chosen theme before the first paint, so that nothing flashes. Everything else about themes is in theme.js.
(function () {
  "use strict";
  try {
    var theme = localStorage.getItem("chatcore.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch (error) {
    // storage may be forbidden: the system's theme it is
  }
})();
