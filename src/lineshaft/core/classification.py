"""How services are classified: what contracts sell, and the value chain counts."""

from enum import StrEnum


class Binding(StrEnum):
    """Whether a service is sold with a product of the maker, or without one."""

    PRODUCT_BOUND = "product_bound"
    STAND_ALONE = "stand_alone"


class CustomerClass(StrEnum):
    """Whom a service is for: those who produce, those who consume, those who move goods."""

    PRODUCER = "producer"
    CONSUMER = "consumer"
    CIRCULATION = "circulation"


class Activity(StrEnum):
    """The services around manufacturing, in the order of the value chain (Tait and Gereffi 2016).

    The middle five are those of the shop floor; a smile curve has its margin at both ends.
    """

    RESEARCH_AND_DESIGN = "research_and_design"
    PRODUCT_MANAGEMENT = "product_management"
    SHOP_FLOOR_OPERATION = "shop_floor_operation"
    CONTROL_SERVICE = "control_service"
    WORKER_SERVICE = "worker_service"
    TRANSPORT_SERVICE = "transport_service"
    MARKETING = "marketing"
    AFTER_SALES_SERVICE = "after_sales_service"
    REMANUFACTURING = "remanufacturing"

    @property
    def position(self) -> int:
        """Its place on the value chain, from 1 on."""
        return list(Activity).index(self) + 1


class ServiceClass(StrEnum):
    """The five kinds of services that manufacturing turns to."""

    TRANSPORT_AND_STORAGE = "transport_and_storage"
    COMMUNICATION = "communication"
    FINANCE_AND_INSURANCE = "finance_and_insurance"
    RESEARCH_AND_DEVELOPMENT = "research_and_development"
    OTHER_BUSINESS = "other_business"
