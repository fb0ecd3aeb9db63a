"""SIP trunks as reviewed files: model, checks, plan, rendering; filled by the step that provisions trunks."""
