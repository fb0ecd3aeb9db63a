"""Pictures of flows: SVG laid out and drawn here, without any other program, and Mermaid text.

A flow's text is not trusted: whatever its author wrote is shown as text.
"""

from ivr_flows.picture.drawing import svg
from ivr_flows.picture.layers import TangledError
from ivr_flows.picture.mermaid import mermaid
from ivr_flows.picture.style import STYLE, style
from ivr_flows.picture.view import Arrow, Box, View, view
from ivr_flows.picture.words import Language

__all__ = ["STYLE", "Arrow", "Box", "Language", "TangledError", "View", "mermaid", "style", "svg", "view"]
