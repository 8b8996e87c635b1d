import "swagger-ui-dist/swagger-ui.css";
import "./docs.css";
import { SwaggerUIBundle } from "swagger-ui-dist";

SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  // The document is checked by our tests; nobody else's service is asked about it.
  validatorUrl: null,
});
