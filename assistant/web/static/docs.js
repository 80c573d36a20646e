"use strict";
// The description of the HTTP interface, drawn by the Swagger UI this host serves itself.
window.addEventListener("DOMContentLoaded", () => {
  SwaggerUIBundle({
    url: document.querySelector("#swagger-ui").dataset.url,
    dom_id: "#swagger-ui",
    deepLinking: true,
    validatorUrl: null,
    defaultModelsExpandDepth: 0,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],
  });
});
