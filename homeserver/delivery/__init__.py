"""What servers, appservices and push gateways have missed."""
