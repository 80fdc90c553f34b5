-- Few organizations claim e-mail domains: whether one is claimed must not cost a walk over all organizations.
CREATE INDEX organizations_with_claims ON organizations (organization_id)
  WHERE json_array_length(settings, '$.claimed_email_domains') > 0;
