"""English: the smile curve and upgrading."""

SMILE: dict[str, str] = {
    "smile.activity": "Activity",
    "smile.by_quarter": "Margin per hour of each activity by quarter",
    "smile.curve": "Margin per hour along the value chain",
    "smile.curve_said": "Margin per hour of each activity, with the fitted curve and its interval",
    "smile.curve_text": (
        "Each point is an activity in the order of the value chain (Tait and Gereffi 2016). The "
        "line is a least squares parabola and the area the 95 % interval of its mean. The word "
        "smile is used only where the interval of the quadratic coefficient lies above zero."
    ),
    "smile.depth": "Depth of the curve",
    "smile.fitted": "Fitted curve",
    "smile.horizontal": "Scale",
    "smile.horizontal_axis": "Scale: ln of the share of the world's output",
    "smile.interval": "95 % interval",
    "smile.lead": (
        "Where along the value chain an hour of work earns most, how that moves, and whether the "
        "firm is on its way up."
    ),
    "smile.locked_in": "Locked in: more volume, no more value",
    "smile.margin": "Margin per hour",
    "smile.move": "How the curve moves",
    "smile.move_said": "Depth of the curve by quarter with its interval",
    "smile.move_text": (
        "The depth of each quarter's curve with its interval. Above the dashed line the ends "
        "earn more than the middle; where the interval crosses it, nothing is shown."
    ),
    "smile.none.text": (
        "The curve is fitted to an activity-based ledger of the firm (table activities), the way "
        "up is drawn from the table upgrading. Import the books with one of them."
    ),
    "smile.none.title": "No books yet",
    "smile.per_hour": "{currency}/h",
    "smile.place": "Place",
    "smile.points": "Activities",
    "smile.quarter": "Quarter",
    "smile.says": "What it says",
    "smile.shape.inverted": (
        "The middle of the value chain earns more an hour than its ends, and the interval does "
        "not hold zero."
    ),
    "smile.shape.not_shown": (
        "These data show no curve: the interval of the quadratic coefficient holds zero."
    ),
    "smile.shape.smile": (
        "A smile: both ends of the value chain earn more an hour than its middle, and the "
        "interval does not hold zero."
    ),
    "smile.short.inverted": "The middle earns more",
    "smile.short.not_shown": "No curve is shown",
    "smile.short.smile": "Smile",
    "smile.title": "Smile curve",
    "smile.upgrading": "Upgrading",
    "smile.upgrading_said": "Scale and control of each year, joined in the order of the years",
    "smile.upgrading_text": (
        "To the right is horizontal upgrading, more scale: the logarithm of the share of the "
        "world's output. Upwards is vertical upgrading, more control: the share of own value "
        "added times what is not vulnerable (Huang and Ma, section 4.1)."
    ),
    "smile.vertical": "Control",
    "smile.vertical_axis": "Control",
    "smile.way": "Since the year before",
    "smile.way.control_at_the_cost_of_scale": "Control at the cost of scale",
    "smile.way.decline": "Decline",
    "smile.way.less_control": "Less control",
    "smile.way.less_scale": "Less scale",
    "smile.way.more_control": "More control",
    "smile.way.more_scale": "More scale",
    "smile.way.more_scale_and_control": "More scale and control",
    "smile.way.none": "Nothing moved",
    "smile.way.scale_at_the_cost_of_control": "Scale at the cost of control",
    "smile.within": "{value} {unit}, 95 % interval {low} to {high}",
    "smile.year": "Year",
}
