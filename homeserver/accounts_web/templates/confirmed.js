// Tells the app that opened this page that it may go on. It carries nothing secret.
"use strict";

if (window.onAuthDone) {
  window.onAuthDone();
} else if (window.opener && window.opener.postMessage) {
  window.opener.postMessage("authDone", "*");
}
