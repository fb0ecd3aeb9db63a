"""SIP trunks as reviewed files: model, checks, plan, rendering. The package is filled by the step that provisions trunks."""
