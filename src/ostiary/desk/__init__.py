"""The issuer's desk: consent, enrolment, issuance. It keeps nothing biometric."""
