// SPDX-License-Identifier: Apache-2.0
// Sends the form of a page that leads to a provider. Without it the visitor
// selects Continue. A field may be called "submit", so the form is not asked.
HTMLFormElement.prototype.submit.call(document.getElementById("post"));
