"""What telephones, browsers and mailboxes are told: push gateways, Web Push, e-mail."""
